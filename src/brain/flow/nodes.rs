//! Nodes, branches and conditions from their document.

use regex_lite::Regex;

use crate::brain::flow::datum::Datum;
use crate::brain::flow::document::{Node, Value};
use crate::brain::flow::model::{Action, Branch, Change, ChangeOp, Condition, FlowButton, FlowNode, Kind, Slot, Test};
use crate::brain::flow::reading::{Faults, Members};

/// Where what a condition looks at may stand.
const SCOPES: [&str; 5] = ["conversation", "session", "user", "sys_user", "config"];

impl FlowNode {
    pub(super) fn is_start(&self) -> bool {
        matches!(self.kind, Kind::Start { .. })
    }
}

/// Reads a node.
pub(super) fn read(node: &Node, faults: &mut Faults) -> FlowNode {
    let members = Members::of(node, "a node", faults);
    let (kind, known, otherwise): (Kind, &[&str], &str) = match members.need_text("type", faults).as_str() {
        "start" => (start(&members, faults), &["mode", "wake", "ask"], ""),
        "reply" => (reply(&members, faults), &["text", "buttons", "wait", "interrupt", "when", "templates"], ""),
        "resource" => (resource(&members, faults), &["call", "save", "error"], "error"),
        "context" => (context(&members, faults), &["action", "to", "clear_session"], ""),
        "variable" => (variable(&members, faults), &["changes"], ""),
        "collect" => (collect(&members, faults), &["ask", "again", "slot", "save", "max_fail", "fail"], "fail"),
        "call" => (call(&members, faults), &["domain", "ai", "input", "reply", "save", "fallback"], "fallback"),
        other => {
            let all = "start, reply, resource, context, variable, collect or call";
            faults.add(node.line, format!("`type` must be {all}, not {other}"));
            (Kind::Variable(Vec::new()), &[], "")
        }
    };
    if !known.is_empty() {
        members.only(&[&["type", "next", "note"], known].concat(), faults);
    }
    let otherwise = if otherwise.is_empty() { Vec::new() } else { branches(&members, otherwise, faults) };
    FlowNode { line: node.line, kind, next: branches(&members, "next", faults), otherwise }
}

fn start(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let wake = members.texts("wake", faults);
    let is_asleep = match members.text("mode", faults).unwrap_or("normal") {
        "wakeup" => true,
        "normal" => false,
        other => {
            faults.add(members.line, format!("`mode` must be normal or wakeup, not {other}"));
            false
        }
    };
    if is_asleep && wake.is_empty() {
        faults.add(members.line, "`wake` is missing: what is said to wake the bot");
    }
    Kind::Start { wake, is_asleep, ask: members.texts("ask", faults) }
}

fn reply(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let text = members.texts("text", faults);
    if text.is_empty() {
        faults.add(members.line, "`text` is missing: what is said");
    }
    let mut buttons = Vec::new();
    for node in members.list("buttons", faults) {
        let one = Members::of(node, "a button", faults);
        one.only(&["text", "event"], faults);
        let event = one.get("event").map(|event| Datum::of(event).json());
        buttons.push(FlowButton { text: one.need_text("text", faults), event });
    }
    let when = groups(members, faults);
    if members.truth("interrupt", faults).unwrap_or(false) == when.is_empty() {
        faults.add(members.line, "`interrupt` with true and `when` stand together: when this is said in between");
    }
    let interrupt = Some(when).filter(|when| !when.is_empty());
    Kind::Reply { text, buttons, is_waiting: members.truth("wait", faults).unwrap_or(false), interrupt }
}

fn resource(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let save = members.pairs("save", faults);
    for (_, target) in &save {
        check_target(target, members.line, faults);
    }
    Kind::Resource { name: members.need_text("call", faults), save }
}

fn context(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let mut place = || {
        let to = members.need_text("to", faults);
        match to.split_once('.') {
            Some((scene, context)) => (scene.to_string(), context.to_string()),
            None => (String::new(), to),
        }
    };
    let action = match members.text("action", &mut Faults::default()).unwrap_or_default() {
        "interrupt" => Action::Interrupt(place()),
        "jump" => Action::Jump(place()),
        "restart" => Action::Restart,
        "main" => Action::Main,
        "complete" => Action::Complete,
        "end" => Action::End,
        "listen" => Action::Listen,
        other => {
            let all = "interrupt, jump, restart, main, complete, end or listen";
            faults.add(members.line, format!("`action` must be {all}, not {other}"));
            Action::End
        }
    };
    Kind::Context { action, clears: members.truth("clear_session", faults).unwrap_or(false) }
}

fn variable(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let mut changes = Vec::new();
    for node in members.list("changes", faults) {
        let one = Members::of(node, "a change", faults);
        one.only(&["target", "op", "value"], faults);
        let op = match one.need_text("op", faults).as_str() {
            "set" => ChangeOp::Set,
            "append" => ChangeOp::Append,
            "remove" => ChangeOp::Remove,
            "replace" => ChangeOp::Replace,
            "clear" => ChangeOp::Clear,
            "zero" => ChangeOp::Zero,
            "inc" => ChangeOp::Increase,
            "dec" => ChangeOp::Decrease,
            "add_tag" => ChangeOp::AddTag,
            "remove_tag" => ChangeOp::RemoveTag,
            other => {
                let all = "set, append, remove, replace, clear, zero, inc, dec, add_tag or remove_tag";
                faults.add(node.line, format!("`op` must be {all}, not {other}"));
                ChangeOp::Clear
            }
        };
        let target = match op {
            ChangeOp::AddTag | ChangeOp::RemoveTag => String::new(),
            _ => one.need_text("target", faults),
        };
        if !target.is_empty() {
            check_target(&target, node.line, faults);
        }
        let needs_value = matches!(
            op,
            ChangeOp::Set
                | ChangeOp::Append
                | ChangeOp::Remove
                | ChangeOp::Replace
                | ChangeOp::AddTag
                | ChangeOp::RemoveTag
        );
        if needs_value && one.get("value").is_none() {
            faults.add(node.line, "`value` is missing");
        }
        changes.push(Change { target, op, value: one.get("value").map(Datum::of).unwrap_or_default() });
    }
    if changes.is_empty() {
        faults.add(members.line, "`changes` is missing: a list of {target, op, value}");
    }
    Kind::Variable(changes)
}

/// What can be written.
fn check_target(target: &str, line: usize, faults: &mut Faults) {
    let (scope, name) = target.split_once('.').unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if !["session", "user", "conversation"].contains(&scope) || !is_name || target == "conversation.query" {
        faults.add(line, format!("{target} cannot be written; session.NAME, user.NAME and conversation.NAME can"));
    }
}

fn collect(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let ask = members.texts("ask", faults);
    if ask.is_empty() {
        faults.add(members.line, "`ask` is missing: what is asked");
    }
    let save = members.need_text("save", faults);
    check_target(&save, members.line, faults);
    let most = members.number("max_fail", faults).unwrap_or(3.0);
    if !(1.0..=100.0).contains(&most) {
        faults.add(members.line, "`max_fail` must be 1 to 100");
    }
    let slot = slot(members, faults);
    Kind::Collect { ask, again: members.texts("again", faults), slot, save, most: most as u32 }
}

fn slot(members: &Members<'_>, faults: &mut Faults) -> Slot {
    match members.text("slot", faults).unwrap_or("ANY") {
        // Names of people, organisations and places are what somebody says they are.
        "ANY" | "PER" | "ORG" | "LOC" => Slot::Any,
        "NUM" => Slot::Number,
        "TIME" => Slot::Time,
        "EMAIL" => Slot::Email,
        "PHONE" => Slot::Phone,
        other => match (other.strip_prefix("dict:"), other.strip_prefix("re:")) {
            (Some(name), _) => Slot::Dict(name.to_string()),
            (_, Some(text)) => pattern(text, members.line, faults).map_or(Slot::Any, Slot::Pattern),
            _ => {
                let all = "ANY, NUM, TIME, EMAIL, PHONE, PER, ORG, LOC, dict:NAME or re:PATTERN";
                faults.add(members.line, format!("`slot` must be {all}, not {other}"));
                Slot::Any
            }
        },
    }
}

fn pattern(text: &str, line: usize, faults: &mut Faults) -> Option<Box<Regex>> {
    match Regex::new(text) {
        Ok(regex) => Some(Box::new(regex)),
        Err(error) => {
            faults.add(line, format!("{text} is no pattern: {error}"));
            None
        }
    }
}

fn call(members: &Members<'_>, faults: &mut Faults) -> Kind {
    let domain = members.text("domain", faults).map(str::to_string);
    let asks_ai = members.truth("ai", faults).unwrap_or(false);
    if domain.is_none() != asks_ai {
        faults.add(members.line, "a call has `domain`, or `ai` with true");
    }
    let save = members.text("save", faults).map(str::to_string);
    save.iter().for_each(|target| check_target(target, members.line, faults));
    let input = members.text("input", faults).unwrap_or("conversation.query").to_string();
    Kind::Call { domain, input, is_said: members.truth("reply", faults).unwrap_or(true), save }
}

fn branches(members: &Members<'_>, name: &str, faults: &mut Faults) -> Vec<Branch> {
    let mut all: Vec<(i64, Branch)> = Vec::new();
    for node in members.list(name, faults) {
        let one = Members::of(node, "a branch", faults);
        one.only(&["when", "to", "percent", "priority", "note"], faults);
        let percent = one.number("percent", faults);
        if percent.is_some_and(|percent| percent <= 0.0) {
            faults.add(node.line, "`percent` must be more than 0");
        }
        let priority = one.number("priority", faults).unwrap_or(0.0) as i64;
        let when = groups(&one, faults);
        all.push((priority, Branch { line: node.line, when, percent, to: one.need_text("to", faults) }));
    }
    // Small numbers first; of equal ones in order.
    all.sort_by_key(|(priority, _)| *priority);
    all.into_iter().map(|(_, branch)| branch).collect()
}

fn groups(members: &Members<'_>, faults: &mut Faults) -> Vec<Vec<Condition>> {
    let mut groups = Vec::new();
    for node in members.list("when", faults) {
        match &node.value {
            Value::List(all) => groups.push(all.iter().filter_map(|one| condition(one, faults)).collect()),
            _ => faults.add(node.line, "`when` must be a list of lists of conditions"),
        }
    }
    groups
}

fn condition(node: &Node, faults: &mut Faults) -> Option<Condition> {
    let members = Members::of(node, "a condition", faults);
    members.only(&["l", "op", "r"], faults);
    let left = members.need_text("l", faults);
    let scope = left.split(['.', '[']).next().unwrap_or_default();
    if left != "rangeTime" && !SCOPES.contains(&scope) {
        faults.add(node.line, format!("`l` must begin with one of {}, or be rangeTime, not {left}", SCOPES.join(", ")));
    }
    let op = members.need_text("op", faults);
    let right = members.get("r").map(Datum::of).unwrap_or_default();
    let mut number = || match right.number() {
        Some(number) => number,
        None => {
            faults.add(node.line, format!("`r` must be a number for {op}"));
            0.0
        }
    };
    let test = match op.as_str() {
        "in" if left == "rangeTime" => match within(&right.text()) {
            Some(test) => test,
            None => {
                faults.add(node.line, "`r` must be a time of the day like 09:00-18:00, or mon-fri 09:00-18:00");
                return None;
            }
        },
        "eq" => Test::Equal(right),
        "ne" => Test::NotEqual(right),
        "gt" => Test::Greater(number()),
        "gte" => Test::AtLeast(number()),
        "lt" => Test::Less(number()),
        "lte" => Test::AtMost(number()),
        "contains" => Test::Contains(right),
        "not_contains" => Test::ContainsNot(right),
        "starts" => Test::Starts(right.text()),
        "ends" => Test::Ends(right.text()),
        "matches" => Test::Matches(pattern(&right.text(), node.line, faults)?),
        "in" => match right {
            Datum::List(all) => Test::In(all),
            one => Test::In(vec![one]),
        },
        "filled" => Test::Filled,
        "empty" => Test::Empty,
        "faq" => Test::Faq(right.text()),
        other => {
            let all =
                "eq, ne, gt, gte, lt, lte, contains, not_contains, starts, ends, matches, in, filled, empty or faq";
            faults.add(node.line, format!("`op` must be {all}, not {other}"));
            return None;
        }
    };
    Some(Condition { left, test })
}

/// `mon-fri 09:00-18:00`, `sat,sun 10:00-12:00`, `22:00-06:00`.
fn within(text: &str) -> Option<Test> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let (days, time) = text.trim().rsplit_once(' ').unwrap_or(("mon-sun", text.trim()));
    let day = |name: &str| DAYS.iter().position(|day| *day == name.trim().to_lowercase());
    let mut all = Vec::new();
    for part in days.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        all.extend((0..=count).map(|more| ((first + more) % 7) as u8));
    }
    let minute = |clock: &str| {
        let (hour, minute) = clock.trim().split_once(':')?;
        let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
        ((0..=24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
    };
    let (from, until) = time.split_once('-')?;
    Some(Test::Within(all, minute(from)?, minute(until)?))
}
