//! Forms as servers and clients send them, and such as nobody should.

use super::*;
use crate::xmpp::tests::{each_damaged, parse};

const REGISTRATION: &str = "<x xmlns='jabber:x:data' type='form'>\
    <title>Creating a new account</title>\
    <instructions>Choose a username and password for use with this service.</instructions>\
    <field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>\
    <field type='fixed'><value>Be nice.</value></field>\
    <field type='text-single' label='Username' var='username'><required/></field>\
    <field type='text-private' label='Password' var='password'><required/></field>\
    <field type='list-single' var='lang' label='Language'><value>en</value>\
        <option label='English'><value>en</value></option><option><value>de</value></option></field>\
    <field var='news' type='boolean'><value>1</value></field></x>";

const SEARCH_RESULT: &str = "<x xmlns='jabber:x:data' type='result'>\
    <reported><field var='name' label='Name'/><field var='jid' type='jid-single'/></reported>\
    <item><field var='name'><value>Bot</value></field><field var='jid'><value>bot@x</value></field></item>\
    <item><field var='name'><value>Cat</value></field><field var='jid'><value>cat@x</value></field></item></x>";

const SUBMIT: &str = "<x xmlns='jabber:x:data' type='submit'>\
    <field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>\
    <field var='name'><value>Küche</value></field>\
    <field var='about'><value>one</value><value/><value>three</value></field></x>";

#[test]
fn reads_a_registration_form() {
    let form = Form::read(&parse(REGISTRATION)).unwrap();
    assert_eq!(form.kind, FormKind::Form);
    assert_eq!(form.title.as_deref(), Some("Creating a new account"));
    assert_eq!(form.instructions.len(), 1);
    assert_eq!(form.form_type(), Some("jabber:iq:register"));
    let password = form.field("password").unwrap();
    assert_eq!((password.kind, password.is_required, password.value()), (FieldKind::TextPrivate, true, None));
    let lang = form.field("lang").unwrap();
    assert_eq!(lang.choices[0], FieldOption { label: Some("English".into()), value: "en".into() });
    assert_eq!(lang.choices[1].label, None);
    assert_eq!(form.flag("news"), Some(true));
    assert_eq!(form.flag("lang"), None);
    assert!(form.field("nobody").is_none());
}

#[test]
fn a_table_has_columns_and_rows() {
    let form = Form::read(&parse(SEARCH_RESULT)).unwrap();
    assert_eq!(form.columns[1].kind, FieldKind::JidSingle);
    assert_eq!(form.rows[1][0].value(), Some("Cat"));
    assert_eq!(Form::read(&form.build()).unwrap(), form);
}

#[test]
fn reads_what_it_builds() {
    let form = Form::of_type(FormKind::Form, "urn:x")
        .with_title("New bot")
        .with_instructions("Give it a name.")
        .with(Field::fixed("A <name> & more"))
        .with(Field::new(FieldKind::TextSingle, "name").with_label("Name").with_desc("64 characters").required())
        .with(Field::new(FieldKind::TextMulti, "about").with_value("one\r\n\nthree"))
        .with(Field::new(FieldKind::ListSingle, "mode").with_choice("personal", "Personal").with_value("personal"));
    assert_eq!(form.text("about").as_deref(), Some("one\n\nthree"));
    assert_eq!(Form::read(&parse(&form.build().print(ns::CLIENT))).unwrap(), form);
}

#[test]
fn answers_carry_the_form_type_and_what_is_proposed() {
    let form = Form::read(&parse(REGISTRATION)).unwrap();
    assert_eq!(form.fill(&[("username", "bot")]), Err(vec!["password".to_string()]));
    let submit = form.fill(&[("username", "bot"), ("password", "p<w"), ("unasked", "x")]).unwrap().build();
    assert_eq!(
        submit.print(ns::CLIENT),
        "<x xmlns='jabber:x:data' type='submit'>\
         <field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>\
         <field var='username'><value>bot</value></field><field var='password'><value>p&lt;w</value></field>\
         <field var='lang'><value>en</value></field><field var='news'><value>1</value></field></x>"
    );
}

#[test]
fn answers_are_checked() {
    let form = Form::of_type(FormKind::Form, "urn:x")
        .with(Field::new(FieldKind::TextSingle, "name").required())
        .with(Field::new(FieldKind::ListSingle, "mode").with_choice("a", "A").with_value("a"))
        .with(Field::new(FieldKind::JidSingle, "owner"))
        .with(Field::new(FieldKind::Boolean, "on"));
    let submit =
        |pairs: &[(&str, &str)]| pairs.iter().fold(Form::new(FormKind::Submit), |f, (k, v)| f.with_value(k, v));
    let reason = |pairs| form.check(&submit(pairs)).map_err(|wrong| (wrong.var, wrong.reason)).unwrap_err();
    assert_eq!(reason(&[]), ("name".into(), WrongReason::Missing));
    assert_eq!(reason(&[("name", "")]), ("name".into(), WrongReason::Missing));
    assert_eq!(reason(&[("name", "x"), ("mode", "b")]), ("mode".into(), WrongReason::NoSuchValue));
    assert_eq!(reason(&[("name", "x"), ("owner", "a b@c")]), ("owner".into(), WrongReason::NoSuchValue));
    assert_eq!(reason(&[("name", "x"), ("on", "maybe")]), ("on".into(), WrongReason::NoSuchValue));
    let twice =
        Form::new(FormKind::Submit).with(Field::new(FieldKind::TextSingle, "name").with_value("x").with_value("y"));
    assert_eq!(form.check(&twice).unwrap_err().reason, WrongReason::TooMany);
    let checked = form.check(&submit(&[("name", "x"), ("evil", "y"), ("FORM_TYPE", "urn:y")])).unwrap();
    assert_eq!((checked.value("name"), checked.value("mode")), (Some("x"), Some("a")));
    assert!(checked.field("evil").is_none());
    assert_eq!(checked.form_type(), Some("urn:x"));
}

#[test]
fn refuses() {
    let read = |text| Form::read(&parse(text)).unwrap_err();
    assert_eq!(read("<x xmlns='jabber:x:data'/>"), FormError::NoForm);
    assert_eq!(read("<x xmlns='jabber:x:data' type='from'/>"), FormError::NoForm);
    assert_eq!(read("<x xmlns='jabber:x:oob' type='form'/>"), FormError::NoForm);
    assert_eq!(read("<x xmlns='jabber:x:data' type='form'><field type='hidden'/></x>"), FormError::NoName);
    let form = |inside: String| Form::read(&parse(&format!("<x xmlns='jabber:x:data' type='form'>{inside}</x>")));
    let fields = |count| form("<field var='a'/>".repeat(count));
    assert!(fields(limits::FORM_FIELDS_MAX).is_ok());
    assert_eq!(fields(limits::FORM_FIELDS_MAX + 1), Err(FormError::TooMany("fields")));
    let values = form(format!("<field var='a'>{}</field>", "<value/>".repeat(limits::FORM_VALUES_MAX + 1)));
    assert_eq!(values, Err(FormError::TooMany("values")));
    assert_eq!(form("<item/>".repeat(limits::FORM_ROWS_MAX + 1)), Err(FormError::TooMany("rows")));
}

#[test]
fn values_are_not_printed_by_accident() {
    let form = Form::new(FormKind::Submit).with_value("password", "hunter2");
    assert!(!format!("{form:?}").contains("hunter2"));
}

#[test]
fn damage_is_refused_or_read() {
    let mut read = 0;
    each_damaged(&[REGISTRATION, SEARCH_RESULT, SUBMIT], |element| {
        if let Ok(form) = Form::read(element) {
            read += 1;
            let again = Form::read(&form.build()).unwrap();
            assert_eq!(again.fields.len(), form.fields.len());
            let _ = form.fill(&[("username", "a")]).map(|submit| form.check(&submit));
        }
    });
    assert!(read > 1_000, "{read}");
}
