//! As much of JSON Schema as the files in `schema/` use, for the tests that hold what is written against them.

use serde_json::Value as J;

/// Whether a value is what a schema says; `whole`: the file that references are into. A member that is not described is an error here.
pub fn valid(whole: &J, schema: &J, value: &J) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").ok_or("a foreign reference")?;
        return valid(whole, &whole["$defs"][name], value);
    }
    if let Some(all) = schema["anyOf"].as_array() {
        return if all.iter().any(|one| valid(whole, one, value).is_ok()) {
            Ok(())
        } else {
            Err(format!("no form of {value}"))
        };
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        other => return Err(format!("the validator does not know type {other:?}")),
    };
    if !fits {
        return Err(format!("{value} is no {}", schema["type"]));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    if let Some(all) = schema["enum"].as_array()
        && !all.contains(value)
    {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap_or_default()).is_none() {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let rule = match &schema["properties"][name] {
            J::Null => &schema["additionalProperties"],
            rule => rule,
        };
        if rule.is_null() {
            return Err(format!("{name} is not described"));
        }
        valid(whole, rule, member).map_err(|why| format!("{name}: {why}"))?;
    }
    for item in value.as_array().into_iter().flatten() {
        valid(whole, &schema["items"], item)?;
    }
    Ok(())
}
