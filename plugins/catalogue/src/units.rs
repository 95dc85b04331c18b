//! Controls over what a unit of systemd says, where that is about the program
//! that it starts and not about who may change its files.

use cisb_sdk::config::kubelet::Opened;
use cisb_sdk::facts::{Error, Observation};
use cisb_sdk::json::Value;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::systemd;
use cisb_sdk::verdict::{Basis, Outcome, Verdict};

#[cfg(not(target_arch = "wasm32"))]
mod controls;
#[cfg(test)]
mod tests;

#[cfg(not(target_arch = "wasm32"))]
pub use controls::{controls, requests};

/// The request for units and everything that adds to them.
const REQUEST: &str = "kubelet-unit-text";
/// The unit.
const UNIT: &str = "kubelet.service";

/// Whether the unit lets the kubelet talk to the addresses only that it lists.
pub(crate) fn address_filter(cx: &Cx<'_>, _: &Value) -> Outcome {
    let mut seen = Vec::new();
    let (verdict, reason) = match judge(cx, &mut seen) {
        Ok(judged) => judged,
        Err(error) => {
            seen.extend(error.observation());
            (Verdict::Error, error.text().to_owned())
        }
    };
    Outcome {
        verdict,
        reason,
        expected: "IPAddressDeny=any, and not everything in IPAddressAllow".to_owned(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: seen,
    }
}

/// Reads the live files of the unit, and those that apply beside them.
fn judge(cx: &Cx<'_>, seen: &mut Vec<Observation>) -> Result<(Verdict, String), Error> {
    let unit = systemd::unit(cx.facts, REQUEST, UNIT)?;
    let around = cx.facts.glob(REQUEST)?;
    seen.extend([unit.observation, around.observation]);
    if !around.complete {
        return Err(Error::Other(
            "not all directories of units could be searched".to_owned(),
        ));
    }
    if unit.files.is_empty() {
        let text = say![
            "no directory of units has ",
            UNIT,
            ": it is started in another way"
        ];
        return Ok((Verdict::NotApplicable, text));
    }
    let mut texts = Vec::new();
    for (_, opened) in unit.files {
        texts.push(read(opened, seen)?);
    }
    // What `systemctl` writes and what is for every service applies too, in an
    // order that is systemd's own.
    for path in &around.paths {
        if !strings::contains(path, "/systemd/system/kubelet.service")
            && strings::contains(&read(cx.facts.open(path), seen)?, "IPAddress")
        {
            let text = say![path, " speaks of addresses too: see systemctl show ", UNIT];
            return Ok((Verdict::Manual, text));
        }
    }
    let denied = words(&texts, "IPAddressDeny");
    let allowed = words(&texts, "IPAddressAllow");
    let all = |list: &str, part| strings::contains(list, " any ") || strings::contains(list, part);
    // What is allowed wins over what is denied.
    let open = all(&allowed, " 0.0.0.0/0 ") || all(&allowed, " ::/0 ");
    let closed = all(&denied, " 0.0.0.0/0 ") && all(&denied, " ::/0 ");
    let verdict = match closed && !open {
        true => Verdict::Pass,
        false => Verdict::Fail,
    };
    let text = say![
        UNIT,
        " has IPAddressDeny [",
        denied,
        "] and IPAddressAllow [",
        allowed,
        "]"
    ];
    Ok((verdict, text))
}

fn read(opened: Opened, seen: &mut Vec<Observation>) -> Result<String, Error> {
    let entry = opened?;
    seen.push(entry.observation());
    entry.read_text()
}

/// The addresses of a setting, a space before and after each.
fn words(texts: &[String], name: &str) -> String {
    let values = systemd::values(texts, "Service", name);
    let values = strings::join(&values, " ");
    say![" ", strings::replace(&values, b'\t', ' '), " "]
}
