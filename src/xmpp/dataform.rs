//! XEP-0004, data forms: questions with fields, and their answers. Used by registration, ad-hoc commands, pubsub, rooms
//! and service discovery, each with its own `FORM_TYPE` (XEP-0068).
//!
//! A form is read into a [`Form`], looked into by the names of its fields, and built from one. [`Form::fill`] answers a
//! form of somebody else; [`Form::check`] looks at the answer to one of ours.

mod field;

use std::fmt;

use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

pub use field::{Field, FieldKind, FieldOption, WrongReason, parse_boolean};

/// Type of a form (XEP-0004 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    /// Asks to be filled out.
    Form,
    /// Is filled out.
    Submit,
    /// Nobody will fill it out.
    Cancel,
    /// Tells something.
    Result,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Question or answer.
    pub kind: FormKind,
    /// Its title.
    pub title: Option<String>,
    /// What to do, a paragraph each.
    pub instructions: Vec<String>,
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// The columns of a table (XEP-0004 §3.4), none where there is no table.
    pub columns: Vec<Field>,
    /// The table's rows.
    pub rows: Vec<Vec<Field>>,
}

/// Why something is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// The type is missing or unknown, or the element is another.
    NoForm,
    /// A field that needs a name has none.
    NoName,
    /// More of this than anything sane has.
    TooMany(&'static str),
}

/// What is wrong with an answer: the field's name, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field's name.
    pub var: String,
    /// Why.
    pub reason: WrongReason,
}

impl Form {
    /// An empty form.
    pub fn new(kind: FormKind) -> Form {
        Form { kind, title: None, instructions: Vec::new(), fields: Vec::new(), columns: Vec::new(), rows: Vec::new() }
    }

    /// A form that names its purpose in a hidden `FORM_TYPE` (XEP-0068).
    pub fn of_type(kind: FormKind, form_type: &str) -> Form {
        Form::new(kind).with(Field::new(FieldKind::Hidden, "FORM_TYPE").with_value(form_type))
    }

    /// Sets the title.
    pub fn with_title(mut self, title: &str) -> Form {
        self.title = Some(title.to_string());
        self
    }

    /// Adds a paragraph of instructions.
    pub fn with_instructions(mut self, text: &str) -> Form {
        self.instructions.push(text.to_string());
        self
    }

    /// Adds a field.
    pub fn with(mut self, field: Field) -> Form {
        self.fields.push(field);
        self
    }

    /// Adds a field with one value, for an answer.
    pub fn with_value(self, var: &str, value: &str) -> Form {
        self.with(Field::new(FieldKind::TextSingle, var).with_value(value))
    }

    /// The form among an element's children; the first where there are several.
    pub fn find(parent: &Element) -> Result<Option<Form>, FormError> {
        parent.find("x", ns::DATA).map(Form::read).transpose()
    }

    /// Reads `<x xmlns='jabber:x:data'/>`.
    pub fn read(element: &Element) -> Result<Form, FormError> {
        let kind = match element.attribute("type") {
            _ if !element.is("x", ns::DATA) => return Err(FormError::NoForm),
            Some("form") => FormKind::Form,
            Some("submit") => FormKind::Submit,
            Some("cancel") => FormKind::Cancel,
            Some("result") => FormKind::Result,
            _ => return Err(FormError::NoForm),
        };
        let mut form = Form::new(kind);
        for child in element.children().filter(|child| child.ns() == ns::DATA) {
            match child.name() {
                "title" => form.title = Some(child.text()),
                "instructions" => form.instructions.push(child.text()),
                "field" => form.fields.push(Field::read(child)?),
                "reported" => form.columns = read_fields(child)?,
                "item" => form.rows.push(read_fields(child)?),
                _ => {}
            }
        }
        if form.fields.len() > limits::FORM_FIELDS_MAX || form.instructions.len() > limits::FORM_FIELDS_MAX {
            return Err(FormError::TooMany("fields"));
        }
        if form.rows.len() > limits::FORM_ROWS_MAX {
            return Err(FormError::TooMany("rows"));
        }
        Ok(form)
    }

    /// The form as an element.
    pub fn build(&self) -> Element {
        let kind = match self.kind {
            FormKind::Form => "form",
            FormKind::Submit => "submit",
            FormKind::Cancel => "cancel",
            FormKind::Result => "result",
        };
        let mut x = Element::new("x", ns::DATA).with("type", kind);
        let texts = self.title.iter().map(|title| ("title", title));
        for (name, text) in texts.chain(self.instructions.iter().map(|text| ("instructions", text))) {
            x = x.with_child(Element::new(name, ns::DATA).with_text(text));
        }
        let group = |name, fields: &[Field]| {
            let group = Element::new(name, ns::DATA);
            fields.iter().fold(group, |group, field| group.with_child(field.build(self.kind)))
        };
        if !self.columns.is_empty() {
            x = x.with_child(group("reported", &self.columns));
        }
        for field in &self.fields {
            x = x.with_child(field.build(self.kind));
        }
        for row in &self.rows {
            x = x.with_child(group("item", row));
        }
        x
    }

    /// The purpose of the form (XEP-0068 §3).
    pub fn form_type(&self) -> Option<&str> {
        self.value("FORM_TYPE")
    }

    /// A field by its name.
    pub fn field(&self, var: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.var.as_deref() == Some(var))
    }

    /// A field's first value.
    pub fn value(&self, var: &str) -> Option<&str> {
        self.field(var)?.value()
    }

    /// A field's value as text of several lines.
    pub fn text(&self, var: &str) -> Option<String> {
        Some(self.field(var)?.values.join("\n"))
    }

    /// A field's value as yes or no; `None` where it is neither.
    pub fn flag(&self, var: &str) -> Option<bool> {
        parse_boolean(self.value(var)?)
    }

    /// Answers this form: the given values, the proposed ones elsewhere, hidden ones as they are. Where a required
    /// field stays empty there is no answer but a list of their names.
    pub fn fill(&self, answers: &[(&str, &str)]) -> Result<Form, Vec<String>> {
        let mut submit = Form::new(FormKind::Submit);
        let mut missing = Vec::new();
        for field in &self.fields {
            let Some(var) = field.var.as_deref().filter(|_| field.kind != FieldKind::Fixed) else { continue };
            let kind = if var == "FORM_TYPE" { FieldKind::Hidden } else { field.kind };
            let mut answer = Field::new(kind, var);
            match answers.iter().find(|(name, _)| *name == var) {
                Some((_, value)) => answer = answer.with_value(value),
                None => answer.values.clone_from(&field.values),
            }
            match (answer.is_empty(), field.is_required) {
                (true, true) => missing.push(var.to_string()),
                (true, false) if answer.values.is_empty() => {}
                _ => submit.fields.push(answer),
            }
        }
        if missing.is_empty() { Ok(submit) } else { Err(missing) }
    }

    /// Looks at the answer to this form. Gives the values of this form's fields, those left out as proposed; fields
    /// that were not asked for are dropped.
    pub fn check(&self, submit: &Form) -> Result<Form, Wrong> {
        let mut checked = Form::new(FormKind::Submit);
        for field in &self.fields {
            let Some(var) = field.var.as_deref().filter(|_| field.kind != FieldKind::Fixed) else { continue };
            let mut answer = Field::new(field.kind, var);
            // XEP-0004 §3.3: hidden fields come back unchanged; whoever changes one gets what was meant.
            let submitted = submit.field(var).filter(|_| field.kind != FieldKind::Hidden).unwrap_or(field);
            let wrong = |reason| Wrong { var: var.to_string(), reason };
            field.check(&submitted.values).map_err(wrong)?;
            answer.values.clone_from(&submitted.values);
            checked.fields.push(answer);
        }
        Ok(checked)
    }
}

fn read_fields(parent: &Element) -> Result<Vec<Field>, FormError> {
    let fields: Vec<Field> =
        parent.children().filter(|child| child.is("field", ns::DATA)).map(Field::read).collect::<Result<_, _>>()?;
    if fields.len() > limits::FORM_FIELDS_MAX { Err(FormError::TooMany("fields")) } else { Ok(fields) }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormError::NoForm => f.write_str("this is no data form"),
            FormError::NoName => f.write_str("a field of the form has no name"),
            FormError::TooMany(what) => write!(f, "the form has too many {what}"),
        }
    }
}

impl std::error::Error for FormError {}

#[cfg(test)]
mod tests;
