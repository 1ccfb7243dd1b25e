//! The one definition of what there is in NATS: the streams and the durable consumers with all their settings, what of
//! a setting that was found may be changed, and what must be refused.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{self, AckPolicy, DeliverPolicy, pull},
    stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, State, StorageType},
};

use jiff::Timestamp;

use super::{codec, session::Session};
use crate::{ConsumerConfig, Stream};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Advisories are worked off within seconds; this is how long they can be looked at.
const ADVISORIES_MAX_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What is written on streams and consumers.
const DESCRIPTION: &str = "Gisa event log";

/// A setting that was brought to its definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// Name of the setting, as in the tools of NATS.
    pub setting: &'static str,
    /// What it was.
    pub from: String,
    /// What it is now.
    pub to: String,
}

impl SettingChange {
    fn of<T: PartialEq>(
        setting: &'static str,
        from: &T,
        to: &T,
        show: impl Fn(&T) -> String,
    ) -> Option<Self> {
        (from != to).then(|| Self {
            setting,
            from: show(from),
            to: show(to),
        })
    }
}

/// The definition of a stream.
pub(super) fn stream(session: &Session, stream: Stream) -> Config {
    let config = &session.config;
    let max_age = match stream {
        Stream::Advisories => ADVISORIES_MAX_AGE,
        // An old message of theirs may be what is true now.
        Stream::Dictionary | Stream::Retags => Duration::ZERO,
        Stream::Articles | Stream::Tagged | Stream::DeadLetters => config.max_age(),
    };
    Config {
        name: session.names.stream(stream),
        description: Some(DESCRIPTION.to_owned()),
        subjects: session.names.subjects(stream),
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        // With "old", messages that nobody has read yet vanish without a word.
        discard: DiscardPolicy::New,
        max_bytes: config.max_bytes.of(stream),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        max_age,
        num_replicas: config.replicas,
        duplicate_window: config.duplicate_window(),
        allow_atomic_publish: true,
        // Not `allow_direct`: every read here must see what was acknowledged before, which only the leader
        // promises.
        ..Config::default()
    }
}

/// The first setting of a stream that would lose, change or hide messages, with what it should be.
pub(super) fn unsafe_setting(found: &Config, defined: &Config) -> Option<String> {
    let checks = [
        (
            found.storage != StorageType::File,
            "storage is memory, must be file",
        ),
        (
            found.retention != RetentionPolicy::Limits,
            "retention is not limits, must be limits",
        ),
        (found.discard != DiscardPolicy::New, "discard is old, must be new"),
        (
            found.max_messages_per_subject > 0,
            "max_msgs_per_subject is limited, must be -1",
        ),
        (
            found.persist_mode == Some(PersistenceMode::Async),
            "persist_mode is async, must be default",
        ),
        (found.no_ack, "no_ack is on, must be off"),
        (found.sealed, "it is sealed, must be writable"),
        (found.mirror.is_some(), "it is a mirror, must be written to"),
        (
            found.sources.as_ref().is_some_and(|sources| !sources.is_empty()),
            "it has sources, must have none",
        ),
        (
            found.subject_transform.is_some(),
            "subject_transform is set, must not be",
        ),
        (
            found.allow_message_counter,
            "allow_msg_counter is on, must be off",
        ),
        (
            found
                .consumer_limits
                .as_ref()
                .is_some_and(|limits| !limits.inactive_threshold.is_zero()),
            "consumer_limits.inactive_threshold is set: it deletes consumers; must be 0",
        ),
    ];
    if let Some((_, reason)) = checks.iter().find(|(is_unsafe, _)| *is_unsafe) {
        return Some((*reason).to_owned());
    }
    // Further subjects can be added; what a stream takes already must be ours.
    let ours = |subject: &String| defined.subjects.contains(subject);
    if found.subjects.is_empty() || !found.subjects.iter().all(ours) {
        return Some(format!(
            "subjects are {:?}, must be {:?}",
            found.subjects, defined.subjects
        ));
    }
    None
}

/// Why the age limit must not be brought to its definition without being told to: it would drop messages.
pub(super) fn drops_messages(found: &Config, defined: &Config, state: &State) -> Option<String> {
    let is_shorter =
        !defined.max_age.is_zero() && (found.max_age.is_zero() || defined.max_age < found.max_age);
    if !is_shorter || state.messages == 0 {
        return None;
    }
    let oldest = codec::timestamp(state.first_timestamp.unix_timestamp_nanos()).ok()?;
    let age = Duration::try_from(Timestamp::now().duration_since(oldest)).unwrap_or_default();
    (age >= defined.max_age).then(|| {
        format!(
            "max_age is {}, bringing it to {} would drop messages, the oldest of {} ago; \
             `gisa streams apply --drop-aged` does it",
            days(&found.max_age),
            days(&defined.max_age),
            days(&age)
        )
    })
}

/// The settings found, brought to the definition where that is safe.
pub(super) fn brought_to(found: &Config, defined: &Config) -> Config {
    Config {
        subjects: defined.subjects.clone(),
        max_bytes: defined.max_bytes,
        max_age: defined.max_age,
        duplicate_window: defined.duplicate_window,
        allow_atomic_publish: true,
        // Fewer replicas is never what a process that starts with forgotten settings should bring about.
        num_replicas: found.num_replicas.max(defined.num_replicas),
        ..found.clone()
    }
}

/// What is different after [`brought_to`].
pub(super) fn changes(found: &Config, changed: &Config) -> Vec<SettingChange> {
    let changes = [
        SettingChange::of("subjects", &found.subjects, &changed.subjects, |subjects| {
            subjects.join(" ")
        }),
        SettingChange::of(
            "max_bytes",
            &found.max_bytes,
            &changed.max_bytes,
            ToString::to_string,
        ),
        SettingChange::of("max_age", &found.max_age, &changed.max_age, days),
        SettingChange::of(
            "duplicate_window",
            &found.duplicate_window,
            &changed.duplicate_window,
            seconds,
        ),
        SettingChange::of(
            "allow_atomic",
            &found.allow_atomic_publish,
            &changed.allow_atomic_publish,
            ToString::to_string,
        ),
        SettingChange::of(
            "num_replicas",
            &found.num_replicas,
            &changed.num_replicas,
            ToString::to_string,
        ),
    ];
    changes.into_iter().flatten().collect()
}

/// The definition of a durable consumer.
pub(super) fn consumer(config: &ConsumerConfig) -> pull::Config {
    pull::Config {
        durable_name: Some(config.durable_name.clone()),
        description: Some(DESCRIPTION.to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: config.ack_wait,
        max_ack_pending: i64::try_from(config.max_ack_pending).unwrap_or(i64::MAX),
        // With a limit, the server gives up on a message without a word; giving up is the work of the dead
        // letters.
        max_deliver: -1,
        // Zero: the position is kept however long nobody works.
        inactive_threshold: Duration::ZERO,
        ..pull::Config::default()
    }
}

/// The first setting of a consumer that would lose or hide messages.
pub(super) fn unsafe_consumer_setting(found: &consumer::Config) -> Option<&'static str> {
    let checks = [
        (
            found.ack_policy != AckPolicy::Explicit,
            "does not take explicit acknowledgements, must",
        ),
        (
            found.max_deliver > 0,
            "has max_deliver, must be -1: the server would give up on messages",
        ),
        (
            found.deliver_subject.is_some(),
            "is a push consumer, must be a pull consumer",
        ),
        (
            !found.filter_subject.is_empty() || !found.filter_subjects.is_empty(),
            "has a filter, must see all subjects",
        ),
        (found.headers_only, "has headers_only, must deliver the content"),
        (
            !found.inactive_threshold.is_zero(),
            "has inactive_threshold, must be 0: the server would delete it",
        ),
    ];
    checks
        .into_iter()
        .find(|(is_unsafe, _)| *is_unsafe)
        .map(|(_, reason)| reason)
}

/// What of a consumer is to be brought to the definition. The limits on pull requests would have ours refused.
pub(super) fn consumer_changes(found: &consumer::Config, defined: &pull::Config) -> Vec<SettingChange> {
    let changes = [
        SettingChange::of("ack_wait", &found.ack_wait, &defined.ack_wait, seconds),
        SettingChange::of(
            "max_ack_pending",
            &found.max_ack_pending,
            &defined.max_ack_pending,
            ToString::to_string,
        ),
        SettingChange::of(
            "max_batch",
            &found.max_batch,
            &defined.max_batch,
            ToString::to_string,
        ),
        SettingChange::of(
            "max_bytes",
            &found.max_bytes,
            &defined.max_bytes,
            ToString::to_string,
        ),
        SettingChange::of("max_expires", &found.max_expires, &defined.max_expires, seconds),
    ];
    changes.into_iter().flatten().collect()
}

fn seconds(duration: &Duration) -> String {
    format!("{duration:?}")
}

/// A number of days, as the settings count ages; none is unlimited.
fn days(age: &Duration) -> String {
    if age.is_zero() {
        return "unlimited".to_owned();
    }
    format!("{:.1} days", age.as_secs_f64() / DAY.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe() -> Config {
        Config {
            name: "ARTICLES".to_owned(),
            subjects: vec!["articles.>".to_owned()],
            discard: DiscardPolicy::New,
            num_replicas: 1,
            ..Config::default()
        }
    }

    #[test]
    fn each_unsafe_setting_is_named() {
        assert_eq!(unsafe_setting(&safe(), &safe()), None);
        let change = |change: fn(&mut Config)| {
            let mut config = safe();
            change(&mut config);
            config
        };
        let cases = [
            (change(|config| config.discard = DiscardPolicy::Old), "discard"),
            (
                change(|config| config.retention = RetentionPolicy::WorkQueue),
                "retention",
            ),
            (
                change(|config| config.retention = RetentionPolicy::Interest),
                "retention",
            ),
            (change(|config| config.storage = StorageType::Memory), "storage"),
            (
                change(|config| config.persist_mode = Some(PersistenceMode::Async)),
                "persist_mode",
            ),
            (change(|config| config.no_ack = true), "no_ack"),
            (
                change(|config| config.max_messages_per_subject = 1),
                "max_msgs_per_subject",
            ),
            (
                change(|config| config.subjects = vec!["other.>".to_owned()]),
                "subjects",
            ),
            (
                change(|config| config.subjects.push("other.>".to_owned())),
                "subjects",
            ),
        ];
        for (found, named) in cases {
            let reason = unsafe_setting(&found, &safe()).unwrap_or_default();
            assert!(reason.contains(named), "{named}: {reason:?}");
        }
    }

    #[test]
    fn an_age_that_drops_messages_is_found() {
        let state = |oldest: Timestamp| {
            let text = format!(
                r#"{{"messages":1,"bytes":1,"first_seq":1,"first_ts":"{oldest}","last_seq":1,"last_ts":"{oldest}",
                    "consumer_count":0,"num_subjects":1}}"#
            );
            serde_json::from_str::<State>(&text).unwrap()
        };
        let now = Timestamp::now();
        let ten_days_ago = state(now - jiff::SignedDuration::from_hours(10 * 24));
        let aged = |days: u32| Config {
            max_age: DAY * days,
            ..safe()
        };
        let refused = drops_messages(&safe(), &aged(7), &ten_days_ago).unwrap();
        assert!(
            refused.contains("max_age is unlimited") && refused.contains("7.0 days"),
            "{refused}"
        );
        assert!(drops_messages(&aged(30), &aged(7), &ten_days_ago).is_some());
        assert_eq!(drops_messages(&safe(), &aged(11), &ten_days_ago), None);
        assert_eq!(
            drops_messages(&aged(7), &aged(9), &ten_days_ago),
            None,
            "it is longer"
        );
        assert_eq!(
            drops_messages(&aged(7), &safe(), &ten_days_ago),
            None,
            "it is lifted"
        );
        assert_eq!(drops_messages(&safe(), &aged(7), &state(now)), None);
    }

    #[test]
    fn replicas_are_raised_and_never_lowered() {
        let three = Config {
            num_replicas: 3,
            ..safe()
        };
        assert_eq!(brought_to(&three, &safe()).num_replicas, 3);
        let raised = brought_to(&safe(), &three);
        assert_eq!(raised.num_replicas, 3);
        let change = SettingChange {
            setting: "num_replicas",
            from: "1".to_owned(),
            to: "3".to_owned(),
        };
        assert_eq!(
            changes(&safe(), &raised)
                .into_iter()
                .find(|c| c.setting == "num_replicas"),
            Some(change)
        );
    }
}
