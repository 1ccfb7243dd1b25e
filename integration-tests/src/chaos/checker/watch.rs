//! What a watcher was told against what TAGGED has, by the contract of the watch in a second writing: each record is told
//! by what it changes for the watcher, given the records of the same article before it.

use std::collections::{HashMap, HashSet};

use super::{Fault, Findings};
use crate::chaos::history::{Change, Filter, Start, Tagged, Told, Watcher};

/// No gap, no repeat, nothing out of order, nothing made up.
pub(super) fn check(watcher: &Watcher, tagged: &[Tagged], findings: &mut Findings) {
    let name = &watcher.name;
    for refusal in &watcher.refusals {
        findings.add(
            Fault::UnexpectedRefusal,
            format!("watcher {name}: refused: {refusal}"),
        );
    }
    if !watcher.complete {
        let what = format!("watcher {name}: never heard that it has been told everything");
        findings.add(Fault::WatcherGap, what);
    }
    let expected = expected(tagged, &watcher.filter);
    let places: HashMap<&Told, usize> = expected
        .iter()
        .enumerate()
        .map(|(place, (told, _))| (told, place))
        .collect();
    let mut seen = HashSet::new();
    let mut furthest = None;
    let mut first = None;
    for told in &watcher.told {
        let what = |problem: &str| {
            let Told {
                kind,
                article,
                revision,
                ..
            } = told;
            format!("watcher {name}: {kind:?} {article} revision {revision} {problem}")
        };
        if !seen.insert(told) {
            findings.add(Fault::WatcherRepeat, what("was told before"));
            continue;
        }
        let Some(place) = places.get(told) else {
            findings.add(Fault::Altered, what("does not follow from TAGGED"));
            continue;
        };
        if furthest.is_some_and(|furthest| furthest > place) {
            findings.add(Fault::Reordered, what("was told too late"));
        }
        furthest = furthest.max(Some(place));
        first = first.or(Some(*place));
    }
    for (place, (told, appended_at)) in expected.iter().enumerate() {
        let due = match watcher.start {
            Start::History => true,
            Start::Live(since) => *appended_at > since || first.is_some_and(|first| place > first),
        };
        if due && !seen.contains(told) {
            let Told {
                kind,
                article,
                revision,
                ..
            } = told;
            let what = format!("watcher {name}: {kind:?} {article} revision {revision} was not told");
            findings.add(Fault::WatcherGap, what);
        }
    }
}

/// All that a watcher from the beginning is to be told, with the time at which it reached the log.
fn expected(tagged: &[Tagged], filter: &Filter) -> Vec<(Told, i128)> {
    let mut current: HashMap<&str, &Tagged> = HashMap::new();
    let mut expected = Vec::new();
    for record in tagged {
        let rank = |tagged: &Tagged| (tagged.revision, tagged.tagger);
        let before = current.get(record.article.as_str()).copied();
        if before.is_some_and(|before| rank(before) >= rank(record)) {
            continue;
        }
        current.insert(&record.article, record);
        let saw = before.is_some_and(|before| passes(filter, before));
        let kind = match (saw, passes(filter, record)) {
            (false, false) => continue,
            (false, true) => Change::Published,
            (true, true) if before.is_some_and(|before| before.revision == record.revision) => {
                Change::Retagged
            }
            (true, true) => Change::Corrected,
            (true, false) if record.content.is_some() => Change::Unmatched,
            (true, false) => Change::Withdrawn,
        };
        let shows_content = !matches!(kind, Change::Unmatched | Change::Withdrawn);
        let told = Told {
            kind,
            article: record.article.clone(),
            revision: record.revision,
            tagger: shows_content.then_some(record.tagger),
        };
        expected.push((told, record.appended_at));
    }
    expected
}

fn passes(filter: &Filter, tagged: &Tagged) -> bool {
    let Some(content) = &tagged.content else {
        return false;
    };
    match filter {
        Filter::Everything => true,
        Filter::Source(source) => content.source == *source,
        Filter::Section(section) => content.section == *section,
    }
}
