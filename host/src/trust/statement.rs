//! What an envelope says: an in-toto statement about one thing, which it names
//! by its digest.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::dsse::Envelope;

/// The type of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// A statement. `P` is what is said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: P,
}

#[derive(Debug, Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

/// Why an envelope does not say what it should.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// It says something else.
    #[error("{0}")]
    Other(String),
    /// It is about other bytes.
    #[error("it is about sha256:{signed}, not sha256:{is}")]
    OtherBytes {
        /// What is signed, lower-case hex.
        signed: String,
        /// What is there.
        is: String,
    },
}

/// The statement, as JSON, that this is so of the thing with this name and
/// digest.
pub fn about<P: Serialize>(name: &str, digest: &str, kind: &str, predicate: P) -> Vec<u8> {
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![Subject {
            name: name.to_owned(),
            digest: sha256(digest),
        }],
        predicate_type: kind.to_owned(),
        predicate,
    };
    // Texts, numbers and lists of them always have a JSON form.
    serde_json::to_vec(&statement).unwrap_or_default()
}

/// What an envelope says of the thing with this digest, which in words is a
/// `noun`. Its signatures are not looked at.
pub fn read<P: DeserializeOwned>(
    envelope: &Envelope,
    kind: &str,
    noun: &str,
    digest: &str,
) -> Result<P, StatementError> {
    let other = StatementError::Other;
    let statement: Statement<P> =
        serde_json::from_slice(envelope.payload()).map_err(|e| other(e.to_string()))?;
    if statement.kind != STATEMENT_TYPE {
        return Err(other(format!("its type is `{}`", statement.kind)));
    }
    if statement.predicate_type != kind {
        return Err(other(format!("it says `{}`", statement.predicate_type)));
    }
    let [subject] = statement.subject.as_slice() else {
        return Err(other(format!("it is not about exactly one {noun}")));
    };
    match subject.digest.get("sha256") {
        Some(signed) if signed == digest => Ok(statement.predicate),
        Some(signed) => Err(StatementError::OtherBytes {
            signed: signed.clone(),
            is: digest.to_owned(),
        }),
        None => Err(other("it names no sha256 digest".to_owned())),
    }
}

/// A digest, lower-case hex, as in-toto writes it.
pub fn sha256(hex: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("sha256".to_owned(), hex.to_owned())])
}
