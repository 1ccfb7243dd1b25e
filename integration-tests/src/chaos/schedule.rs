//! The faults of a run, decided beforehand by the seed.

use std::time::Duration;

use fastrand::Rng;

/// Replicas of each service.
pub const REPLICAS: usize = 2;
/// Processes of services: two each of ingest, entity tagging and query, in this order.
pub const SERVICES: usize = 3 * REPLICAS;

/// Nothing happens before this.
const CALM_BEFORE: Duration = Duration::from_secs(3);
/// Shortest and longest time between two faults, in milliseconds.
const BETWEEN: std::ops::Range<u64> = 1_000..4_500;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When, since the start of the run.
    pub at: Duration,
    /// For how long.
    pub hold: Duration,
    /// What it befalls.
    pub target: Target,
    /// What it is.
    pub action: Action,
}

/// What a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A process of a service, from 0 to [`SERVICES`].
    Service(usize),
    /// A server of NATS; the only one if there is only one.
    Nats(Node),
}

/// Which server of NATS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// The one that leads ARTICLES at the time.
    LeaderOfArticles,
    /// The one that leads TAGGED at the time.
    LeaderOfTagged,
    /// The one with this number.
    Number(usize),
}

/// What a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// SIGKILL, and a new start at the end.
    Kill,
    /// SIGSTOP, and SIGCONT at the end.
    Pause,
    /// The connections of a service to NATS stay open and carry nothing.
    Blackhole,
    /// The connections of a service to NATS are closed, and new ones, until the end.
    Cut,
}

impl Action {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Blackhole => "blackhole",
            Self::Cut => "cut",
        }
    }

    fn hold(self, target: Target, random: &mut Rng) -> Duration {
        let milliseconds = match (self, target) {
            (Self::Kill, _) => random.u64(100..2_000),
            // Longer than the ack_wait of 2 s, now and then than the duplicate window: then only the fence of the
            // outcome is left.
            (Self::Pause, Target::Service(_)) => random.u64(3_000..14_000),
            (Self::Pause, Target::Nats(_)) => random.u64(1_000..5_000),
            (Self::Blackhole, _) => random.u64(2_000..8_000),
            (Self::Cut, _) => random.u64(300..2_500),
        };
        Duration::from_millis(milliseconds)
    }
}

/// The faults of a run of this length; a target suffers one at a time, all are over at the end.
pub fn schedule(seed: u64, length: Duration) -> Vec<Fault> {
    let mut random = Rng::with_seed(seed);
    let mut faults: Vec<Fault> = Vec::new();
    let mut at = CALM_BEFORE;
    while at < length {
        let target = pick_target(&mut random);
        let action = pick_action(target, &mut random);
        let fault = Fault {
            at,
            hold: action.hold(target, &mut random).min(length - at),
            target,
            action,
        };
        if faults.iter().any(|other| collide(other, &fault)) {
            at += Duration::from_millis(50);
            continue;
        }
        faults.push(fault);
        at += Duration::from_millis(random.u64(BETWEEN));
    }
    faults
}

fn pick_target(random: &mut Rng) -> Target {
    // NATS as often as any two processes.
    match random.usize(0..SERVICES + 2) {
        number if number < SERVICES => Target::Service(number),
        _ => Target::Nats(match random.usize(0..5) {
            0 | 1 => Node::LeaderOfArticles,
            2 | 3 => Node::LeaderOfTagged,
            _ => Node::Number(random.usize(0..3)),
        }),
    }
}

fn pick_action(target: Target, random: &mut Rng) -> Action {
    match (random.usize(0..10), target) {
        (0..=5, _) | (6, Target::Nats(_)) => Action::Kill,
        (_, Target::Nats(_)) => Action::Pause,
        (6 | 7, Target::Service(_)) => Action::Pause,
        (8, Target::Service(_)) => Action::Blackhole,
        (_, Target::Service(_)) => Action::Cut,
    }
}

/// Whether two faults befall the same target at the same time. Of a cluster only one server suffers at a time, or the
/// others could do nothing.
fn collide(one: &Fault, other: &Fault) -> bool {
    let same = match (one.target, other.target) {
        (Target::Nats(_), Target::Nats(_)) => true,
        (one, other) => one == other,
    };
    same && one.at <= other.at + other.hold && other.at <= one.at + one.hold
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE_MINUTES: Duration = Duration::from_secs(300);

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        assert_eq!(schedule(7, FIVE_MINUTES), schedule(7, FIVE_MINUTES));
        assert_ne!(schedule(7, FIVE_MINUTES), schedule(8, FIVE_MINUTES));
    }

    #[test]
    fn several_minutes_have_enough_kills_of_everything() {
        for seed in 0..200 {
            let faults = schedule(seed, FIVE_MINUTES);
            let kills = faults.iter().filter(|fault| fault.action == Action::Kill);
            assert!(kills.clone().count() >= 25, "seed {seed}: {}", kills.count());
            let befallen = |of: fn(Target) -> bool| faults.iter().any(|fault| of(fault.target));
            assert!(
                befallen(|target| matches!(target, Target::Nats(_))),
                "seed {seed}"
            );
            assert!(
                befallen(|target| matches!(target, Target::Service(0 | 1))),
                "seed {seed}"
            );
            assert!(
                befallen(|target| matches!(target, Target::Service(2 | 3))),
                "seed {seed}"
            );
            assert!(
                befallen(|target| matches!(target, Target::Service(4 | 5))),
                "seed {seed}"
            );
        }
    }

    #[test]
    fn a_target_suffers_one_fault_at_a_time_and_all_are_over_at_the_end() {
        for seed in 0..50 {
            let faults = schedule(seed, FIVE_MINUTES);
            for (number, fault) in faults.iter().enumerate() {
                assert!(fault.at + fault.hold <= FIVE_MINUTES, "seed {seed}: {fault:?}");
                assert!(!faults[..number].iter().any(|earlier| collide(earlier, fault)));
            }
        }
    }
}
