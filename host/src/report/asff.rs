//! Findings for AWS Security Hub, as a JSON list that
//! `aws securityhub batch-import-findings` takes, a hundred at a time. Nothing
//! is sent: cisb opens no connection that nobody asked for.
//!
//! A finding keeps its id from scan to scan, and what passes or no longer
//! applies is archived, so that what was mended is closed. What was skipped is
//! left out: that says nothing of what was found before.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cisb_contract::manifest::Severity;
use serde::Serialize;

use super::escape::SafeJson;
use super::{Report, exit, layout, text};
use crate::finding::{Decision, Finding, Verdict};

/// Whose findings they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    partition: String,
    account: String,
    region: String,
    cluster_arn: String,
}

/// An account that Security Hub would refuse.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AccountError {
    /// Not the name of a resource.
    #[error(
        "`{0}` is not the ARN of a cluster: it must be like arn:aws:eks:eu-central-1:123456789012:cluster/name"
    )]
    ClusterArn(String),
    /// Neither given nor in the ARN.
    #[error("{0} has no account: give --aws-account with its twelve digits")]
    NoAccount(String),
    /// Not twelve digits.
    #[error("`{0}` is not an account of AWS: it must have twelve digits")]
    Account(String),
    /// Neither given nor in the ARN.
    #[error("{0} has no region: give --aws-region, such as eu-central-1")]
    NoRegion(String),
    /// Not the name of one.
    #[error("`{0}` is not a region of AWS: it must be like eu-central-1")]
    Region(String),
}

impl Account {
    /// Account and region are the cluster's own unless they are given.
    pub fn new(
        cluster_arn: &str,
        account: Option<&str>,
        region: Option<&str>,
    ) -> Result<Self, AccountError> {
        let parts: Vec<&str> = cluster_arn.splitn(6, ':').collect();
        let ["arn", partition, _, own_region, own_account, _] = parts[..] else {
            return Err(AccountError::ClusterArn(cluster_arn.to_owned()));
        };
        let plain = |text: &str| {
            let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !text.is_empty() && text.bytes().all(is_plain)
        };
        if !plain(partition) {
            return Err(AccountError::ClusterArn(cluster_arn.to_owned()));
        }
        let account = match account.unwrap_or(own_account) {
            "" => return Err(AccountError::NoAccount(cluster_arn.to_owned())),
            digits if digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()) => digits,
            other => return Err(AccountError::Account(other.to_owned())),
        };
        let region = match region.unwrap_or(own_region) {
            "" => return Err(AccountError::NoRegion(cluster_arn.to_owned())),
            region if plain(region) => region,
            other => return Err(AccountError::Region(other.to_owned())),
        };
        Ok(Self {
            partition: partition.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            cluster_arn: cluster_arn.to_owned(),
        })
    }

    /// The account's own product, which takes findings without a subscription.
    fn product(&self) -> String {
        let Self {
            partition,
            account,
            region,
            ..
        } = self;
        format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
    }
}

/// Writes the findings as one indented JSON list with a line end.
pub fn write(report: &Report, account: &Account, out: &mut dyn Write) -> io::Result<()> {
    let mut findings = Vec::new();
    for section in layout::sections(report) {
        for group in &section.groups {
            for finding in group.findings.iter().filter(|finding| !finding.skipped) {
                let place = (section.title, group.title);
                findings.push(Item::of(report, account, place, finding));
            }
        }
    }
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, SafeJson::pretty());
    findings.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    schema_version: &'static str,
    id: String,
    product_arn: String,
    generator_id: String,
    aws_account_id: &'a str,
    types: [&'static str; 1],
    created_at: &'a str,
    updated_at: &'a str,
    severity: Label,
    confidence: u8,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation>,
    product_fields: BTreeMap<&'static str, String>,
    resources: [Resource<'a>; 1],
    compliance: Status,
    record_state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Label {
    label: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation {
    recommendation: Recommendation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<'a> {
    r#type: &'static str,
    id: &'a str,
    partition: &'a str,
    region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    status: &'static str,
}

impl<'a> Item<'a> {
    fn of(
        report: &'a Report,
        account: &'a Account,
        (section, group): (&str, &str),
        finding: &Finding,
    ) -> Self {
        let product = account.product();
        let (profile, check) = (&finding.profile, &finding.check);
        let node = cut(&report.node.name, 253);
        let title = format!("{check} {}", layout::title(finding));
        let reason = match finding.verdict {
            Verdict::Pass => finding.reason.clone(),
            _ => text::reason(finding),
        };
        let description = match reason.trim() {
            "" => cut(&title, 1024),
            reason => cut(reason, 1024),
        };
        let decision = match finding.decision {
            Decision::Required => "",
            Decision::ProviderOwned => "provider-owned",
        };
        let fields = [
            ("Actual result", finding.actual.as_str()),
            ("Benchmark", profile),
            ("Check", check),
            ("Control", &finding.control),
            ("Decision", decision),
            ("Expected result", &finding.expected),
            ("Node", &report.node.name),
            ("Reason", &reason),
            ("Section", section),
            ("Severity", exit::severity_word(finding.severity)),
            ("Subsection", group),
            ("Tool version", &report.tool.version),
            ("Verdict", finding.verdict.word()),
        ];
        Self {
            schema_version: "2018-10-08",
            id: cut(
                &format!("{}/cisb/{profile}/{check}/{node}", account.cluster_arn),
                512,
            ),
            generator_id: cut(
                &format!("{product}/cis-kubernetes-benchmark/{profile}/{check}"),
                512,
            ),
            product_arn: product,
            aws_account_id: &account.account,
            types: [
                "Software and Configuration Checks/Industry and Regulatory Standards/CIS Kubernetes Benchmark",
            ],
            created_at: &report.started,
            updated_at: &report.started,
            severity: Label {
                label: label(finding),
            },
            confidence: 100,
            title: cut(&title, 256),
            description,
            remediation: match finding.remediation.trim() {
                "" => None,
                words => Some(Remediation {
                    recommendation: Recommendation {
                        text: cut(words, 512),
                    },
                }),
            },
            // Security Hub refuses a field without a value.
            product_fields: fields
                .into_iter()
                .filter(|(_, value)| !value.trim().is_empty())
                .map(|(name, value)| (name, cut(value, 1023)))
                .collect(),
            resources: [Resource {
                r#type: match account.cluster_arn.contains(":eks:") {
                    true => "AwsEksCluster",
                    false => "Other",
                },
                id: &account.cluster_arn,
                partition: &account.partition,
                region: &account.region,
            }],
            compliance: Status {
                status: match finding.verdict {
                    Verdict::Pass => "PASSED",
                    Verdict::Fail => "FAILED",
                    Verdict::Manual => "WARNING",
                    Verdict::NotApplicable | Verdict::Error => "NOT_AVAILABLE",
                },
            },
            record_state: match finding.verdict {
                Verdict::Pass | Verdict::NotApplicable => "ARCHIVED",
                Verdict::Fail | Verdict::Manual | Verdict::Error => "ACTIVE",
            },
        }
    }
}

fn label(finding: &Finding) -> &'static str {
    match (finding.verdict, finding.severity) {
        (Verdict::Pass | Verdict::NotApplicable, _) => "INFORMATIONAL",
        (_, Severity::Low) => "LOW",
        (_, Severity::Medium) => "MEDIUM",
        (_, Severity::High) => "HIGH",
        (_, Severity::Critical) => "CRITICAL",
    }
}

/// At most so many characters; what is cut shows.
fn cut(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_owned();
    }
    let mut short: String = words.chars().take(most - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    const ARN: &str = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/prod";

    fn account() -> Account {
        Account::new(ARN, None, None).unwrap()
    }

    fn items(report: &Report) -> Vec<serde_json::Value> {
        let mut out = Vec::new();
        write(report, &account(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn an_account_is_the_cluster_s_unless_given() {
        assert_eq!(
            account().product(),
            "arn:aws-cn:securityhub:cn-north-1:123456789012:product/123456789012/default"
        );
        let given = Account::new("arn:aws:x:::c", Some("000000000001"), Some("eu-west-1")).unwrap();
        assert_eq!(
            given.product(),
            "arn:aws:securityhub:eu-west-1:000000000001:product/000000000001/default"
        );
        for (arn, account, region, said) in [
            ("prod", None, None, "not the ARN"),
            ("arn:a b:eks:r:123456789012:c", None, None, "not the ARN"),
            ("arn:aws:eks:r::cluster/c", None, None, "--aws-account"),
            (ARN, Some("12"), None, "twelve digits"),
            ("arn:aws:eks::123456789012:c", None, None, "--aws-region"),
            (ARN, None, Some("EU/1"), "not a region"),
        ] {
            let error = Account::new(arn, account, region).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn what_was_mended_is_closed_and_what_was_skipped_stays() {
        let mut report = fixture::control_plane();
        let before = report.findings.len();
        report.findings[1].skipped = true;
        let items = items(&report);
        assert_eq!(items.len(), before - 1);
        for (item, finding) in items
            .iter()
            .zip(report.findings.iter().filter(|f| !f.skipped))
        {
            let closed = matches!(finding.verdict, Verdict::Pass | Verdict::NotApplicable);
            let state = if closed { "ARCHIVED" } else { "ACTIVE" };
            assert_eq!(item["RecordState"], state, "{}", finding.check);
            assert_eq!(item["ProductFields"]["Verdict"], finding.verdict.word());
        }
    }

    #[test]
    fn limits_are_kept_in_characters() {
        let mut report = fixture::control_plane();
        for finding in &mut report.findings {
            finding.title = "ü".repeat(300);
            finding.reason = "漢".repeat(2000);
            finding.remediation = "é".repeat(2000);
            finding.actual = "a".repeat(2000);
            finding.expected = String::new();
        }
        let mut ids = std::collections::BTreeSet::new();
        for item in items(&report) {
            let length = |path: &str| {
                item.pointer(path)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .chars()
                    .count()
            };
            assert_eq!(length("/Title"), 256);
            assert_eq!(length("/Description"), 1024);
            assert_eq!(length("/Remediation/Recommendation/Text"), 512);
            assert_eq!(length("/ProductFields/Actual result"), 1023);
            assert!(item["ProductFields"].get("Expected result").is_none());
            assert!(
                ids.insert(item["Id"].as_str().unwrap().to_owned()),
                "an id twice"
            );
        }
    }
}
