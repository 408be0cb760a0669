//! Reports of an audit against what is published about their forms: JUnit's usual schema, SARIF's official one, and our own.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{machine, root};

/// Why JUnit's schema cannot be applied here; `None` when it can.
pub fn lacks_junit() -> Option<String> {
    machine::lacks("tool:xmllint")
}

/// Holds a JUnit report against the schema of Jenkins.
pub fn junit(xml: &[u8]) -> Result<()> {
    let schema = root().join("tests/schemas/junit-10.xsd");
    let mut lint = Command::new("xmllint");
    lint.args(["--noout", "--nonet", "--schema"]).arg(schema).arg("-");
    let mut lint = lint.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    lint.stdin.take().context("xmllint has no input")?.write_all(xml)?;
    let out = lint.wait_with_output()?;
    if !out.status.success() {
        bail!("xmllint: {}", String::from_utf8_lossy(&out.stderr));
    }
    Ok(())
}

/// Holds a SARIF log against the schema of the standard.
pub fn sarif(text: &[u8]) -> Result<()> {
    // A `]` that closes nothing stands for itself where JSON Schema's dialect of patterns is read leniently, and is an error
    // where it is not: the schema as published has one, in the pattern of languages.
    let schema = read("tests/schemas/sarif-schema-2.1.0.json")?.to_string().replace("{2}]?$", r"{2}\\]?$");
    validate(&serde_json::from_str(&schema)?, text)
}

/// Holds the JSON of an audit against its published description; a member that it does not name is an error here, though
/// readers are told to ignore such.
pub fn json(text: &[u8]) -> Result<()> {
    let mut schema = read("schema/audit.schema.json")?;
    close(&mut schema);
    validate(&schema, text)
}

fn read(path: &str) -> Result<Value> {
    let text = std::fs::read(root().join(path)).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_slice(&text).with_context(|| format!("{path} is no JSON"))
}

/// Forbids members that no `properties` names.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("type") {
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn validate(schema: &Value, text: &[u8]) -> Result<()> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema);
    let validator = validator.map_err(|error| anyhow::anyhow!("the schema is none: {error}"))?;
    let value: Value = serde_json::from_slice(text).context("no JSON")?;
    let errors: Vec<String> =
        validator.iter_errors(&value).take(20).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if !errors.is_empty() {
        bail!("{}", errors.join("\n"));
    }
    Ok(())
}
