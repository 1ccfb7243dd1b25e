//! Every alert says how bad it is, what is wrong, and which section of the operations page says what to do.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Findings, overlay::Overlay};

const RUNBOOK: &str = "https://github.com/gisa-news/gisa/blob/main/docs/OPERATIONS.md#";

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let sections = sections();
    let rules: Vec<&Value> = overlay
        .custom_of_kind("PrometheusRule")
        .flat_map(|rule| rule["spec"]["groups"].as_array().into_iter().flatten())
        .flat_map(|group| group["rules"].as_array().into_iter().flatten())
        .collect();
    let mut findings = Findings::new();
    if rules.is_empty() {
        findings.push("there are no alerts".to_owned());
    }
    let mut names = BTreeSet::new();
    for rule in rules {
        let name = rule["alert"].as_str().unwrap_or("a rule without a name");
        if !names.insert(name) {
            findings.push(format!("{name} is there twice"));
        }
        if rule["expr"].as_str().is_none_or(str::is_empty)
            || rule["annotations"]["summary"].as_str().is_none()
        {
            findings.push(format!("{name} has no expression or no summary"));
        }
        if !["critical", "warning"]
            .iter()
            .any(|severity| rule["labels"]["severity"] == *severity)
        {
            findings.push(format!("{name} is neither critical nor a warning"));
        }
        let section = rule["annotations"]["runbook_url"]
            .as_str()
            .and_then(|url| url.strip_prefix(RUNBOOK));
        if section.is_none_or(|section| !sections.contains(section)) {
            findings.push(format!(
                "{name} names {section:?}, which is no section of docs/OPERATIONS.md"
            ));
        }
    }
    findings
}

/// The anchors of the headings of the operations page, as they are made on the web.
fn sections() -> BTreeSet<String> {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATIONS.md")).unwrap();
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            heading
                .chars()
                .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}
