//! Changes to `trust.toml` that a command makes: everything else in it stays,
//! comments too. Pure: text in, text out.

use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::key::{KeyId, PublicKey};
use super::policy::{Policy, PolicyError, Role};

/// What a new policy begins with.
const HEAD: &str = "\
# Whom this machine believes about profiles. A profile runs if every rule that
# names it is met; one that no rule names is refused.
";

/// A key that is to be believed.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What the policy calls it.
    pub name: String,
    /// The key.
    pub public: PublicKey,
    /// What it is for.
    pub roles: Vec<Role>,
    /// For which profiles.
    pub profiles: Vec<String>,
    /// From when on, RFC 3339.
    pub not_before: Option<String>,
    /// Until when, RFC 3339.
    pub not_after: Option<String>,
    /// Whether rules for its profiles must have a signature in its roles.
    pub require: bool,
}

/// Why a policy was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// What is there is no policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Something in it has a shape that is none of ours.
    #[error("the trust policy has a `{0}` that is no list of tables: mend it by hand")]
    Shape(&'static str),
    /// Nothing of that name.
    #[error("the trust policy has no key {name}; it has {have}")]
    NoKey {
        /// What was asked for.
        name: String,
        /// What there is.
        have: String,
    },
}

/// The policy with one more key. An empty text becomes a policy with a rule for
/// the key's profiles.
pub fn add(path: &Path, text: &str, key: &NewKey) -> Result<String, EditError> {
    let first = text.trim().is_empty();
    let mut document = document(path, text)?;
    let mut entry = Table::new();
    entry["name"] = value(&key.name);
    entry["public"] = value(key.public.line());
    entry["roles"] = value(words(key.roles.iter().map(|role| role.word())));
    entry["profiles"] = value(words(key.profiles.iter().map(String::as_str)));
    if let Some(time) = &key.not_before {
        entry["not-before"] = value(time);
    }
    if let Some(time) = &key.not_after {
        entry["not-after"] = value(time);
    }
    let head = if first { HEAD } else { "" };
    let comment = format!("{head}\n# {}\n", key.public.id());
    entry.decor_mut().set_prefix(comment);
    list(&mut document, "key")?.push(entry);
    let rules = list(&mut document, "rule")?;
    if rules.is_empty() {
        let mut rule = Table::new();
        rule["profiles"] = value(words(key.profiles.iter().map(String::as_str)));
        rule["roles"] = value(words(key.roles.iter().map(|role| role.word())));
        rules.push(rule);
    } else if key.require {
        for rule in rules.iter_mut() {
            let roles = rule.entry("roles").or_insert_with(|| value(Array::new()));
            let Some(roles) = roles.as_array_mut() else {
                return Err(EditError::Shape("roles"));
            };
            for role in &key.roles {
                let has = |have: &Value| have.as_str() == Some(role.word());
                if !roles.iter().any(has) {
                    roles.push(role.word());
                }
            }
            // It follows from the roles; one that was smaller would be no lie,
            // but read like one.
            let least = i64::try_from(roles.len()).unwrap_or(i64::MAX);
            if let Some(threshold) = rule.get_mut("threshold")
                && threshold.as_integer().is_some_and(|have| have < least)
            {
                *threshold = value(least);
            }
        }
    }
    settled(path, &document)
}

/// The policy without a key that it names or that has this id. The key stays in
/// it, so that a refusal can name it.
pub fn revoke(path: &Path, text: &str, key: &str) -> Result<(String, KeyId), EditError> {
    let policy = Policy::parse(path, text)?;
    let named = policy.keys().iter().find(|known| known.name == key);
    let id = match (named, KeyId::parse(key)) {
        (Some(known), _) => known.public.id().clone(),
        (None, Some(id)) => id,
        (None, None) => {
            let names: Vec<&str> = policy.keys().iter().map(|k| k.name.as_str()).collect();
            return Err(EditError::NoKey {
                name: key.to_owned(),
                have: match names.as_slice() {
                    [] => "none".to_owned(),
                    names => names.join(", "),
                },
            });
        }
    };
    let mut document = document(path, text)?;
    let revoked = document
        .entry("revoked")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(revoked) = revoked.as_table_like_mut() else {
        return Err(EditError::Shape("revoked"));
    };
    let keys = revoked.entry("keys").or_insert_with(|| value(Array::new()));
    let Some(keys) = keys.as_array_mut() else {
        return Err(EditError::Shape("revoked.keys"));
    };
    if !keys.iter().any(|have| have.as_str() == Some(id.as_str())) {
        keys.push(id.as_str());
    }
    Ok((settled(path, &document)?, id))
}

fn document(path: &Path, text: &str) -> Result<DocumentMut, EditError> {
    // Refused with the policy's own words.
    Policy::parse(path, text)?;
    text.parse().map_err(|_| EditError::Shape("document"))
}

/// The text, if it is still a policy.
fn settled(path: &Path, document: &DocumentMut) -> Result<String, EditError> {
    let text = document.to_string();
    Policy::parse(path, &text)?;
    Ok(text)
}

fn list<'a>(
    document: &'a mut DocumentMut,
    name: &'static str,
) -> Result<&'a mut ArrayOfTables, EditError> {
    document
        .entry(name)
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()))
        .as_array_of_tables_mut()
        .ok_or(EditError::Shape(name))
}

fn words<'a>(all: impl Iterator<Item = &'a str>) -> Array {
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::PrivateKey;

    fn new(seed: u8, name: &str, role: Role) -> NewKey {
        NewKey {
            name: name.to_owned(),
            public: PrivateKey::of(seed).public().clone(),
            roles: vec![role],
            profiles: vec!["*".to_owned()],
            not_before: None,
            not_after: None,
            require: false,
        }
    }

    fn added(text: &str, key: &NewKey) -> String {
        add(Path::new("trust.toml"), text, key).unwrap()
    }

    #[test]
    fn the_first_key_makes_a_policy() {
        let text = added("", &new(1, "release", Role::Publisher));
        let policy = Policy::parse(Path::new("x"), &text).unwrap();
        assert_eq!(policy.keys()[0].name, "release");
        assert!(text.contains("[[rule]]"), "{text}");
        assert!(text.starts_with("# Whom"), "{text}");
        assert!(
            text.contains(policy.keys()[0].public.id().as_str()),
            "{text}"
        );
    }

    #[test]
    fn what_somebody_wrote_stays() {
        let text = added("", &new(1, "release", Role::Publisher));
        let text = text.replace("[[rule]]", "# ours since March\n[[rule]]");
        let text = added(&text, &new(2, "site", Role::Site));
        assert!(text.contains("# ours since March"), "{text}");
        assert!(text.contains("roles = [\"publisher\"]"), "{text}");
        assert_eq!(text.matches("[[rule]]").count(), 1, "{text}");
        let mut key = new(3, "second", Role::Site);
        key.require = true;
        let text = added(&text, &key);
        assert!(text.contains("roles = [\"publisher\", \"site\"]"), "{text}");
    }

    #[test]
    fn a_key_stands_once() {
        let text = added("", &new(1, "release", Role::Publisher));
        for again in [new(1, "other", Role::Site), new(2, "release", Role::Site)] {
            let said = add(Path::new("trust.toml"), &text, &again).unwrap_err();
            assert!(said.to_string().contains("each key stands once"), "{said}");
        }
    }

    #[test]
    fn a_key_is_revoked_by_name_or_id() {
        let text = added("", &new(1, "release", Role::Publisher));
        let path = Path::new("trust.toml");
        let (by_name, id) = revoke(path, &text, "release").unwrap();
        let (by_id, _) = revoke(path, &text, id.as_str()).unwrap();
        assert_eq!(by_name, by_id);
        let policy = Policy::parse(path, &by_name).unwrap();
        assert!(policy.keys()[0].revoked);
        let (again, _) = revoke(path, &by_name, "release").unwrap();
        assert_eq!(again, by_name);
        let said = revoke(path, &text, "relase").unwrap_err().to_string();
        assert!(said.contains("it has release"), "{said}");
    }
}
