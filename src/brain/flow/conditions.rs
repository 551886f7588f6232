//! Whether a branch holds, and what values there are.

use std::collections::BTreeMap;

use crate::base::fold::fold;
use crate::brain::flow::datum::Datum;
use crate::brain::flow::model::{Condition, Test};
use crate::brain::flow::run::Run;
use crate::brain::flow::template::{self, Values};

/// Looks at values.
pub(super) trait Look {
    /// Whether one of the groups holds; none at all: yes.
    fn holds(&mut self, groups: &[Vec<Condition>]) -> bool;
    /// A text with its values.
    fn fill(&self, text: &str) -> String;
}

impl Look for Run<'_, '_> {
    fn holds(&mut self, groups: &[Vec<Condition>]) -> bool {
        if groups.is_empty() {
            return true;
        }
        for group in groups {
            let mut all = true;
            for condition in group {
                all = all && self.is_true(condition);
            }
            if all {
                return true;
            }
        }
        false
    }

    fn fill(&self, text: &str) -> String {
        template::fill(text, self)
    }
}

impl Values for Run<'_, '_> {
    fn value(&self, path: &str) -> Datum {
        let (scope, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        let session = &self.talk.session;
        let at = |all: &BTreeMap<String, Datum>| {
            let (name, deeper) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            all.get(name).map_or(Datum::Nothing, |value| value.at(deeper))
        };
        match scope {
            "conversation" if rest == "query" => Datum::Text(self.query.clone()),
            "conversation" if rest == "_message" => self.message.clone(),
            "conversation" if rest.starts_with("_message") => self.message.at(rest.trim_start_matches("_message")),
            "conversation" | "context" => at(&session.conversation),
            "session" => at(&session.vars),
            "user" if rest == "tags" => Datum::List(self.talk.person.tags.iter().cloned().map(Datum::Text).collect()),
            "user" => at(&self.talk.person.vars),
            "config" => at(&self.talk.flow.config),
            "sys_user" => self.talk.person.sys.get(rest).cloned().map_or(Datum::Nothing, Datum::Text),
            "now" => Datum::Number(self.world.now_s() as f64),
            _ => Datum::Nothing,
        }
    }

    fn zone_min(&self) -> i64 {
        self.talk.flow.zone_min
    }
}

impl Run<'_, '_> {
    fn is_true(&mut self, condition: &Condition) -> bool {
        let left = self.value(&condition.left);
        let right = |value: &Datum| match value {
            Datum::Text(text) => Datum::Text(self.fill(text)),
            value => value.clone(),
        };
        let text = || fold(&left.text());
        let number = |is: fn(f64, f64) -> bool, right: &f64| left.number().is_some_and(|left| is(left, *right));
        match &condition.test {
            Test::Equal(value) => left.is_same(&right(value)),
            Test::NotEqual(value) => !left.is_same(&right(value)),
            Test::Greater(value) => number(|left, right| left > right, value),
            Test::AtLeast(value) => number(|left, right| left >= right, value),
            Test::Less(value) => number(|left, right| left < right, value),
            Test::AtMost(value) => number(|left, right| left <= right, value),
            Test::Contains(value) => contains(&left, &right(value)),
            Test::ContainsNot(value) => !contains(&left, &right(value)),
            Test::Starts(value) => text().starts_with(&fold(&self.fill(value))),
            Test::Ends(value) => text().ends_with(&fold(&self.fill(value))),
            Test::Matches(pattern) => pattern.is_match(&left.text()),
            Test::In(all) => all.iter().any(|one| left.is_same(&right(one))),
            Test::Within(days, from, until) => self.is_within(days, *from, *until),
            Test::Filled => !left.is_empty(),
            Test::Empty => left.is_empty(),
            Test::Faq(domain) => {
                let Some(domain) = self.talk.flow.domains.get(domain) else { return false };
                self.world.faq(domain, &left.text()).is_some()
            }
        }
    }

    /// Whether it is such a time now. What begins before midnight and ends after it belongs to the day it began.
    fn is_within(&self, days: &[u8], from: i64, until: i64) -> bool {
        let local = self.world.now_s() + self.talk.flow.zone_min * 60;
        let minute = local.rem_euclid(86_400) / 60;
        let weekday = (local.div_euclid(86_400) + 3).rem_euclid(7);
        let is_day = |day: i64| days.iter().any(|known| i64::from(*known) == day.rem_euclid(7));
        if from <= until {
            return is_day(weekday) && (from..until).contains(&minute);
        }
        is_day(weekday) && minute >= from || is_day(weekday - 1) && minute < until
    }
}

/// Of a list an item, of a text a part.
fn contains(left: &Datum, right: &Datum) -> bool {
    match left {
        Datum::List(all) => all.iter().any(|one| one.is_same(right)),
        left => !right.is_empty() && fold(&left.text()).contains(&fold(&right.text())),
    }
}
