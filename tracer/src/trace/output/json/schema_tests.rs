//! Validates objects against `schema/tracer.schema.json`: as much of JSON Schema as that file uses, and
//! stricter than it, for a member that no `properties` names is an error here. (Readers are told to
//! ignore members they do not know, so the file itself allows them.)

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value as J, json};

use crate::schema::records::{FieldType, KINDS, LineKind, Member, RecordKind, Shape};

static SCHEMA: LazyLock<J> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../../schema/tracer.schema.json")).expect("the schema is JSON")
});

/// Parses a line and panics unless the schema allows it.
pub fn check(line: &str) -> J {
    let object: J = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    // `oneOf` at the top is decided by `type`, for a message that says something.
    let kind = object["type"].as_str().unwrap_or_else(|| panic!("no type: {line}"));
    if let Err(why) = valid(&SCHEMA["$defs"][kind], &object) {
        panic!("{why}\n{line}");
    }
    assert!(valid(&SCHEMA, &object).is_ok(), "exactly one kind: {line}");
    object
}

fn valid(schema: &J, v: &J) -> Result<(), String> {
    let members = schema.as_object().ok_or("a schema is an object")?;
    for (word, rule) in members {
        let ok = match (word.as_str(), rule) {
            ("description" | "title" | "$schema" | "$id" | "$defs", _) => true,
            ("$ref", J::String(path)) => {
                let name = path.strip_prefix("#/$defs/").ok_or("a foreign reference")?;
                valid(&SCHEMA["$defs"][name], v)?;
                true
            }
            ("type", J::String(t)) => match t.as_str() {
                "object" => v.is_object(),
                "array" => v.is_array(),
                "string" => v.is_string(),
                "boolean" => v.is_boolean(),
                "null" => v.is_null(),
                "integer" => v.is_i64() || v.is_u64(),
                other => return Err(format!("unknown type {other}")),
            },
            ("const", want) => v == want,
            ("enum", J::Array(all)) => all.contains(v),
            ("pattern", J::String(pattern)) => {
                let pattern = Regex::new(pattern).map_err(|e| e.to_string())?;
                v.as_str().is_none_or(|text| pattern.is_match(text))
            }
            ("minimum", min) => v.as_f64().is_none_or(|n| n >= min.as_f64().unwrap_or(f64::INFINITY)),
            ("maximum", max) => v.as_f64().is_none_or(|n| n <= max.as_f64().unwrap_or(f64::NEG_INFINITY)),
            ("anyOf", J::Array(all)) => all.iter().any(|s| valid(s, v).is_ok()),
            ("oneOf", J::Array(all)) => all.iter().filter(|s| valid(s, v).is_ok()).count() == 1,
            ("items", rule) => {
                v.as_array().into_iter().flatten().try_for_each(|item| valid(rule, item))?;
                true
            }
            ("required", J::Array(names)) => match v.as_object() {
                Some(object) => match names.iter().find(|n| !object.contains_key(n.as_str().unwrap_or(""))) {
                    Some(name) => return Err(format!("{name} is missing")),
                    None => true,
                },
                None => true,
            },
            ("properties" | "additionalProperties", _) => {
                let (named, others) = (members.get("properties"), members.get("additionalProperties"));
                for (name, member) in v.as_object().into_iter().flatten() {
                    match (named.and_then(|n| n.get(name)), others) {
                        (Some(rule), _) | (None, Some(rule)) => {
                            valid(rule, member).map_err(|why| format!("{name}: {why}"))?;
                        }
                        (None, None) => return Err(format!("{name} is not described")),
                    }
                }
                true
            }
            (other, _) => return Err(format!("the validator does not know {other}")),
        };
        if !ok {
            return Err(format!("{word} {rule} does not allow {v}"));
        }
    }
    Ok(())
}

#[test]
fn the_validator_refuses() {
    let good = r#"{"v":1,"type":"exit","time":"1.000000000","pid":1,"tid":1,"comm":"a","code":0}"#;
    check(good);
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"code\":0", "\"code\":\"0\""),
        (",\"code\":0", ""),
        ("\"code\":0", "\"code\":0,\"more\":1"),
        ("1.000000000", "1.0"),
        ("\"pid\":1", "\"pid\":-1"),
        ("\"comm\":\"a\"", "\"comm\":{\"b64\":\"%\"}"),
        ("\"comm\":\"a\"", "\"comm\":{\"text\":\"a\",\"cut\":false}"),
    ] {
        let bad: J = serde_json::from_str(&good.replace(from, to)).unwrap();
        assert!(valid(&SCHEMA, &bad).is_err(), "{bad}");
    }
}

/// What the schema says of a line, by its row.
fn described(kind: &RecordKind, line: &LineKind, members: &[Member]) -> J {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let mut required: Vec<&str> = vec!["v", "type", "time", "pid", "tid", "comm"];
    let mut properties = serde_json::Map::new();
    properties.insert("v".to_owned(), reference("version"));
    properties.insert("type".to_owned(), json!({ "const": line.name }));
    required[2..].iter().for_each(|name| drop(properties.insert((*name).to_owned(), reference(name))));
    for member in members {
        let (name, doc, rule) = match *member {
            Member::Siginfo(name) => (name, "siginfo_t.", reference("value")),
            Member::Stack(name) => (name, "Where in the program it was (-k).", reference("stack")),
            Member::Frames(name) => (name, "Where in the program it was.", reference("stack")),
            Member::Name(name) => (name, "The function.", reference("text")),
            Member::Of(name) | Member::IfSet(name) => {
                let field = kind.field(name).expect("a field");
                let rule = match (member, field.ty) {
                    (Member::IfSet(_), _) => json!({ "const": true }),
                    (_, FieldType::Number) => json!({ "type": "integer" }),
                    (_, FieldType::Flag) => json!({ "type": "boolean" }),
                    (_, FieldType::Signal) => reference("signal_name"),
                    (_, FieldType::Comm) => reference("comm"),
                };
                (name, field.doc.trim(), rule)
            }
        };
        let mut rule = rule;
        rule["description"] = doc.into();
        properties.insert(name.to_owned(), rule);
        if !matches!(member, Member::IfSet(_) | Member::Stack(_) | Member::Frames(_)) {
            required.push(name);
        }
    }
    json!({ "description": line.doc, "type": "object", "required": required, "properties": properties })
}

#[test]
fn every_line_is_described_as_its_row_says() {
    let branches = SCHEMA["oneOf"].as_array().expect("branches");
    for kind in KINDS {
        for line in kind.lines {
            let reference = json!({ "$ref": format!("#/$defs/{}", line.name) });
            assert!(branches.contains(&reference), "{} is not in oneOf", line.name);
            if let Shape::Event { members, .. } = line.shape {
                let expected = described(kind, line, members);
                assert_eq!(SCHEMA["$defs"][line.name], expected, "the schema should have {expected:#}");
            }
        }
    }
}

#[test]
fn every_reason_for_loss_is_described() {
    let summary = &SCHEMA["$defs"]["summary"];
    for loss in tracer_common::loss::Loss::ALL {
        // What is no loss has a place of its own.
        let lost = if loss.is_remark() { summary } else { &summary["properties"]["lost"] };
        assert!(lost["properties"][loss.name()]["description"].is_string(), "{}", loss.name());
        assert!(lost["required"].as_array().unwrap().contains(&J::from(loss.name())), "{}", loss.name());
    }
}
