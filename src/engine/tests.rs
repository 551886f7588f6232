//! Tests that need the whole engine and look into it.

mod trust;
