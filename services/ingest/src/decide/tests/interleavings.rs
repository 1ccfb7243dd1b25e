//! Several writers on one article, in any interleaving: each reads (or guesses that the article is new), decides on that, and
//! appends only if nothing was appended since; answers get lost after the append, and the writer repeats its operation.

use std::collections::VecDeque;

use super::*;

/// One step of one writer.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// It reads the newest revision and decides; what is not to be appended is answered.
    Read,
    /// It guesses that there is none, without reading, and decides.
    Guess,
    /// It appends what it has decided, if its read is still the newest; else it has to read again.
    Append,
    /// The same, and the answer gets lost: it repeats the operation from the start.
    AppendAndLose,
}

fn schedule() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        4 => Just(Step::Read),
        1 => Just(Step::Guess),
        5 => Just(Step::Append),
        1 => Just(Step::AppendAndLose),
    ];
    proptest::collection::vec((0..WRITERS, step), 0..120)
}

const WRITERS: usize = 3;

/// What a writer has decided, and when.
struct Decided {
    /// Revisions on record when it was decided; with a conditional append also when it was appended.
    read: usize,
    now: Timestamp,
    operation: Operation,
    decision: Decision,
}

struct Writer {
    operations: VecDeque<Operation>,
    /// Decided and not yet appended.
    pending: Option<Decided>,
    /// Whether the answer to the operation at hand got lost after it had been appended.
    appended: bool,
}

/// Whether repeating it must change nothing.
fn is_repeatable(operation: &Operation) -> bool {
    match operation {
        Operation::Submit(submission) => submission.state == Usable,
        Operation::Retract(_) => true,
    }
}

/// The log of one article and those who write to it.
struct World {
    log: Vec<ArticleRevised>,
    writers: Vec<Writer>,
    /// What took effect, in the order in which it was told.
    effects: Vec<Decided>,
    clock: i64,
}

impl World {
    fn new(operations: Vec<Vec<Operation>>) -> Self {
        let writer = |operations: Vec<Operation>| Writer {
            operations: operations.into(),
            pending: None,
            appended: false,
        };
        Self {
            log: Vec::new(),
            writers: operations.into_iter().map(writer).collect(),
            effects: Vec::new(),
            clock: 0,
        }
    }

    fn take(&mut self, writer: usize, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Read => self.read(writer),
            Step::Guess => self.guess(writer),
            Step::Append => return self.append(writer, false),
            Step::AppendAndLose => return self.append(writer, true),
        }
        Ok(())
    }

    fn now(&mut self) -> Timestamp {
        self.clock += 1;
        Timestamp::from_second(1_800_000_000 + self.clock).unwrap()
    }

    fn read(&mut self, number: usize) {
        let now = self.now();
        let writer = &mut self.writers[number];
        let Some(operation) = writer.operations.front() else {
            return;
        };
        let decided = Decided {
            read: self.log.len(),
            now,
            operation: operation.clone(),
            decision: decide(self.log.last(), operation, now),
        };
        if let Decision::Append { .. } = decided.decision {
            writer.pending = Some(decided);
            return;
        }
        writer.operations.pop_front();
        (writer.pending, writer.appended) = (None, false);
        self.effects.push(decided);
    }

    fn guess(&mut self, number: usize) {
        let now = self.now();
        let writer = &mut self.writers[number];
        // Only what can be new is guessed to be.
        if let Some(operation @ Operation::Submit(_)) = writer.operations.front() {
            writer.pending = Some(Decided {
                read: 0,
                now,
                operation: operation.clone(),
                decision: decide(None, operation, now),
            });
        }
    }

    fn append(&mut self, number: usize, lose: bool) -> Result<(), TestCaseError> {
        let writer = &mut self.writers[number];
        // What was decided on a stale read is refused by the log.
        let Some(decided) = writer.pending.take_if(|decided| decided.read == self.log.len()) else {
            writer.pending = None;
            return Ok(());
        };
        let Decision::Append { event, .. } = &decided.decision else {
            return Ok(());
        };
        // A usable copy that is on record is never written again; nor is a retraction.
        prop_assert!(
            !(writer.appended && is_repeatable(&decided.operation)),
            "written twice: {:?}",
            decided.operation
        );
        self.log.push((**event).clone());
        self.effects.push(decided);
        writer.appended = lose;
        if !lose {
            writer.operations.pop_front();
        }
        Ok(())
    }

    /// Lets every writer come to its end.
    fn finish(&mut self) -> Result<(), TestCaseError> {
        while let Some(writer) = self
            .writers
            .iter()
            .position(|writer| !writer.operations.is_empty())
        {
            self.take(writer, Step::Read)?;
            self.take(writer, Step::Append)?;
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn any_interleaving_of_writers_is_a_legal_history(
        operations in proptest::collection::vec(proptest::collection::vec(operation(), 0..12), WRITERS),
        schedule in schedule(),
    ) {
        let mut world = World::new(operations);
        for (writer, step) in schedule {
            world.take(writer, step)?;
        }
        world.finish()?;

        // The log is a history of one article: counted up by one, and nothing after a retraction.
        for (number, event) in world.log.iter().enumerate() {
            prop_assert_eq!(event.article.revision as usize, number + 1);
            let last = number + 1 == world.log.len();
            prop_assert!(last || event.article.state != Stored::Retracted);
        }

        // It is the history of the same operations, one after the other, in the order in which they took effect. What
        // appends nothing takes effect when it reads, before the next append.
        let mut effects = world.effects;
        effects.sort_by_key(|effect| (effect.read, matches!(effect.decision, Decision::Append { .. })));
        let mut alone: Vec<ArticleRevised> = Vec::new();
        for effect in &effects {
            prop_assert_eq!(effect.read, alone.len());
            let decision = decide(alone.last(), &effect.operation, effect.now);
            prop_assert_eq!(&decision, &effect.decision);
            if let Decision::Append { event, .. } = decision {
                alone.push(*event);
            }
        }
        prop_assert_eq!(&alone, &world.log);

        // Usable copies and retractions that were accepted, and come once more at the end, change nothing.
        let now = Timestamp::from_second(1_900_000_000).unwrap();
        let accepted = effects.iter().filter(|effect| !matches!(effect.decision, Decision::Refuse(_)));
        for Decided { operation, .. } in accepted.filter(|effect| is_repeatable(&effect.operation)) {
            let late = decide(world.log.last(), operation, now);
            prop_assert!(!matches!(late, Decision::Append { .. }), "{:?}", late);
        }
    }
}
