//! Server-side apply and JSON Patch, limited to the rules that the program can violate.

use serde_json::{Value, json};

use super::super::fake_ionos::http::Request;
use super::answers::{Answer, status};

/// Members that an applied Secret may have.
const FIELDS: [&str; 7] = [
    "apiVersion",
    "kind",
    "metadata",
    "type",
    "data",
    "stringData",
    "immutable",
];
const METADATA: [&str; 4] = ["name", "namespace", "labels", "annotations"];

/// The Secret after a forced server-side apply.
pub(super) fn apply(
    request: &Request,
    present: Option<&Value>,
    namespace: &str,
    name: &str,
) -> Result<Value, Answer> {
    if request.query("fieldManager").is_none_or(str::is_empty) {
        let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(status(422, "Invalid", message));
    }
    if request.query("force") != Some("true") {
        let message = "Apply failed with 1 conflict: conflict with \"kubectl\": .data";
        return Err(status(409, "Conflict", message));
    }
    let Ok(applied) = serde_json::from_slice::<Value>(&request.body) else {
        return Err(status(400, "BadRequest", "error decoding YAML"));
    };
    if applied["apiVersion"] != "v1" || applied["kind"] != "Secret" {
        return Err(status(400, "BadRequest", "invalid object type"));
    }
    for (object, known) in [(&applied, &FIELDS[..]), (&applied["metadata"], &METADATA)] {
        let unknown = object.as_object().into_iter().flatten().map(|(key, _)| key);
        if let Some(unknown) = unknown.clone().find(|key| !known.contains(&key.as_str())) {
            let message = format!(
                "failed to create typed patch object ({namespace}/{name}; /v1, Kind=Secret): .{unknown}: field not declared in schema"
            );
            return Err(status(500, "", &message));
        }
    }
    let of_url = |field: &str, url: &str| {
        let field = &applied["metadata"][field];
        field.is_null() || field == url
    };
    if !of_url("name", name) || !of_url("namespace", namespace) {
        let message = "the name of the object does not match the name on the URL";
        return Err(status(400, "BadRequest", message));
    }
    // A forced apply takes ownership of all fields. Fields of other managers stay.
    let mut merged = present.cloned().unwrap_or_else(|| json!({}));
    merge(&mut merged, &applied);
    Ok(merged)
}

fn merge(into: &mut Value, from: &Value) {
    let Value::Object(members) = from else {
        *into = from.clone();
        return;
    };
    for (key, value) in members {
        merge(&mut into[key], value);
    }
}

/// The object after a JSON Patch (RFC 6902) with `test` and `add` operations.
pub(super) fn json_patch(request: &Request, present: &Value) -> Result<Value, Answer> {
    let refused = || {
        let message = "the server rejected our request due to an error in our request";
        status(422, "Invalid", message)
    };
    let operations: Vec<Value> = serde_json::from_slice(&request.body)
        .map_err(|_| status(400, "BadRequest", "error decoding patch"))?;
    let mut object = present.clone();
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default().to_owned();
        let value = operation["value"].clone();
        match operation["op"].as_str() {
            Some("test") if object.pointer(&path) == Some(&value) => {}
            Some("add") => {
                let (parent, key) = path.rsplit_once('/').ok_or_else(refused)?;
                match object.pointer_mut(parent) {
                    Some(Value::Array(list)) if key == "-" => list.push(value),
                    Some(Value::Object(members)) => drop(members.insert(key.into(), value)),
                    _ => return Err(refused()),
                }
            }
            _ => return Err(refused()),
        }
    }
    Ok(object)
}
