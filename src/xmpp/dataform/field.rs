//! A field of a data form (XEP-0004 §3.2 and §3.3): read, built, and held against what was asked.

use std::fmt;

use super::{FormError, FormKind};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// Type of a field (XEP-0004 §3.3). Unknown ones count as [`FieldKind::TextSingle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Yes or no.
    Boolean,
    /// Words between the fields; there is nothing to fill in.
    Fixed,
    /// Not shown, and given back as it is.
    Hidden,
    /// Addresses.
    JidMulti,
    /// One address.
    JidSingle,
    /// Some of the choices.
    ListMulti,
    /// One of the choices.
    ListSingle,
    /// Lines of text; a value is a line.
    TextMulti,
    /// One line that is not shown while it is typed.
    TextPrivate,
    /// One line.
    TextSingle,
}

const FIELD_KINDS: [(FieldKind, &str); 10] = [
    (FieldKind::Boolean, "boolean"),
    (FieldKind::Fixed, "fixed"),
    (FieldKind::Hidden, "hidden"),
    (FieldKind::JidMulti, "jid-multi"),
    (FieldKind::JidSingle, "jid-single"),
    (FieldKind::ListMulti, "list-multi"),
    (FieldKind::ListSingle, "list-single"),
    (FieldKind::TextMulti, "text-multi"),
    (FieldKind::TextPrivate, "text-private"),
    (FieldKind::TextSingle, "text-single"),
];

/// A value that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOption {
    /// What people read; without it the value.
    pub label: Option<String>,
    /// What is sent.
    pub value: String,
}

/// A field. Formatting it with `{:?}` shows no value: they may be secret, and an answer need not say which are.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; none has only [`FieldKind::Fixed`].
    pub var: Option<String>,
    /// Its type.
    pub kind: FieldKind,
    /// What people read.
    pub label: Option<String>,
    /// A longer explanation.
    pub desc: Option<String>,
    /// The form is not complete without it.
    pub is_required: bool,
    /// What is in it, or what is proposed.
    pub values: Vec<String>,
    /// What may be chosen.
    pub choices: Vec<FieldOption>,
    /// A picture or sound stands beside it (XEP-0221): nothing a program can answer.
    pub has_media: bool,
}

/// Why a field is not answered as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongReason {
    /// It is required and empty.
    Missing,
    /// It is not among the choices, no boolean, or no address.
    NoSuchValue,
    /// It has several values and may have one.
    TooMany,
}

impl FieldKind {
    fn read(name: Option<&str>) -> FieldKind {
        let known = FIELD_KINDS.iter().find(|(_, known)| Some(*known) == name);
        known.map_or(FieldKind::TextSingle, |(kind, _)| *kind)
    }

    fn name(self) -> &'static str {
        FIELD_KINDS.iter().find(|(kind, _)| *kind == self).map_or("text-single", |(_, name)| name)
    }

    /// Whether there may be several values.
    pub fn is_multi(self) -> bool {
        matches!(self, FieldKind::JidMulti | FieldKind::ListMulti | FieldKind::TextMulti)
    }
}

impl Field {
    /// An empty field.
    pub fn new(kind: FieldKind, var: &str) -> Field {
        Field {
            var: Some(var.to_string()),
            kind,
            label: None,
            desc: None,
            is_required: false,
            values: Vec::new(),
            choices: Vec::new(),
            has_media: false,
        }
    }

    /// Words between the fields.
    pub fn fixed(text: &str) -> Field {
        Field { var: None, ..Field::new(FieldKind::Fixed, "") }.with_value(text)
    }

    /// Sets the label.
    pub fn with_label(mut self, label: &str) -> Field {
        self.label = Some(label.to_string());
        self
    }

    /// Sets the explanation.
    pub fn with_desc(mut self, desc: &str) -> Field {
        self.desc = Some(desc.to_string());
        self
    }

    /// Makes the field required.
    pub fn required(mut self) -> Field {
        self.is_required = true;
        self
    }

    /// Adds a value; in [`FieldKind::TextMulti`] one for each line (XEP-0004 §3.3).
    pub fn with_value(mut self, value: &str) -> Field {
        match self.kind {
            FieldKind::TextMulti => {
                self.values.extend(value.split('\n').map(|line| line.trim_end_matches('\r').into()))
            }
            _ => self.values.push(value.to_string()),
        }
        self
    }

    /// Adds a choice.
    pub fn with_choice(mut self, value: &str, label: &str) -> Field {
        self.choices.push(FieldOption { label: Some(label.to_string()), value: value.to_string() });
        self
    }

    /// The first value.
    pub fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.iter().all(String::is_empty)
    }

    pub(super) fn read(element: &Element) -> Result<Field, FormError> {
        let kind = FieldKind::read(element.attribute("type"));
        let var = element.attribute("var").filter(|var| !var.is_empty());
        if var.is_none() && kind != FieldKind::Fixed {
            return Err(FormError::NoName);
        }
        let mut field = Field { var: var.map(Into::into), ..Field::new(kind, "") };
        field.label = element.attribute("label").map(Into::into);
        for child in element.children() {
            match (child.name(), child.ns()) {
                ("value", ns::DATA) => field.values.push(child.text()),
                ("required", ns::DATA) => field.is_required = true,
                ("desc", ns::DATA) => field.desc = Some(child.text()),
                ("media", ns::MEDIA) => field.has_media = true,
                ("option", ns::DATA) => field.choices.extend(read_choice(child)),
                _ => {}
            }
        }
        match (field.values.len(), field.choices.len()) {
            (values, _) if values > limits::FORM_VALUES_MAX => Err(FormError::TooMany("values")),
            (_, choices) if choices > limits::FORM_CHOICES_MAX => Err(FormError::TooMany("choices")),
            _ => Ok(field),
        }
    }

    pub(super) fn build(&self, form: FormKind) -> Element {
        let mut element = Element::new("field", ns::DATA);
        // XEP-0004 §3.2: an answer need not repeat the types; but the form's own is marked (XEP-0068 §3.1).
        let is_question = matches!(form, FormKind::Form | FormKind::Result);
        if is_question || matches!(self.kind, FieldKind::Hidden | FieldKind::Fixed) {
            element = element.with("type", self.kind.name());
        }
        for (name, value) in [("var", &self.var), ("label", &self.label)] {
            if let Some(value) = value {
                element = element.with(name, value);
            }
        }
        let child = |name| Element::new(name, ns::DATA);
        if let Some(desc) = &self.desc {
            element = element.with_child(child("desc").with_text(desc));
        }
        if self.is_required {
            element = element.with_child(child("required"));
        }
        for value in &self.values {
            element = element.with_child(child("value").with_text(value));
        }
        for choice in &self.choices {
            let option = child("option").with_child(child("value").with_text(&choice.value));
            element = element.with_child(match &choice.label {
                Some(label) => option.with("label", label),
                None => option,
            });
        }
        element
    }

    /// Whether `values` may stand in this field.
    pub(super) fn check(&self, values: &[String]) -> Result<(), WrongReason> {
        if values.iter().all(String::is_empty) {
            return if self.is_required { Err(WrongReason::Missing) } else { Ok(()) };
        }
        if values.len() > 1 && !self.kind.is_multi() {
            return Err(WrongReason::TooMany);
        }
        let is_choice = |value: &String| self.choices.iter().any(|choice| choice.value == *value);
        let is_right = match self.kind {
            FieldKind::Boolean => values.iter().all(|value| parse_boolean(value).is_some()),
            FieldKind::JidSingle | FieldKind::JidMulti => values.iter().all(|value| Jid::parse(value).is_ok()),
            FieldKind::ListSingle | FieldKind::ListMulti => values.iter().all(is_choice),
            _ => true,
        };
        if is_right { Ok(()) } else { Err(WrongReason::NoSuchValue) }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let var = self.var.as_deref().unwrap_or("");
        write!(f, "{} {var:?} ({} values, {} choices)", self.kind.name(), self.values.len(), self.choices.len())
    }
}

fn read_choice(option: &Element) -> Option<FieldOption> {
    let value = option.text_of("value", ns::DATA)?;
    Some(FieldOption { label: option.attribute("label").map(Into::into), value })
}

/// `true`, `1`, `false` or `0` (XEP-0004 §3.3).
pub fn parse_boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
