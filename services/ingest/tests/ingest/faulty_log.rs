//! A real event log with faults put in front of it: it can hang, be slow, refuse, and lose acknowledgements.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use gisa_event_log::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, EventLog, LogError, Record,
    RecordStream, StartAt, Stream, StreamInfo, Subject, embedded::EmbeddedLog,
};
use tokio::sync::watch;

/// What happens to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing unusual.
    None,
    /// It fails and is not stored.
    Unavailable,
    /// It is stored, and the acknowledgement is lost.
    AckLost,
    /// Somebody else seems to have been faster.
    Conflict,
}

#[derive(Debug)]
pub(crate) struct FaultyLog {
    log: EmbeddedLog,
    open: watch::Sender<bool>,
    fault: watch::Sender<(Fault, usize)>,
    longest_delay: Duration,
    inside: AtomicUsize,
    most_inside: AtomicUsize,
    appends: AtomicUsize,
}

/// Counts an operation as long as it is inside the log, also if it is dropped.
struct Inside<'a>(&'a AtomicUsize);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl FaultyLog {
    pub(crate) fn new(log: EmbeddedLog) -> Self {
        Self {
            log,
            open: watch::Sender::new(true),
            fault: watch::Sender::new((Fault::None, 0)),
            longest_delay: Duration::ZERO,
            inside: AtomicUsize::new(0),
            most_inside: AtomicUsize::new(0),
            appends: AtomicUsize::new(0),
        }
    }

    /// Delays each operation by up to this.
    pub(crate) fn with_delays(self, longest_delay: Duration) -> Self {
        Self {
            longest_delay,
            ..self
        }
    }

    /// From now on operations hang.
    pub(crate) fn hang(&self) {
        self.open.send_replace(false);
    }

    /// Lets go on what hangs.
    pub(crate) fn go_on(&self) {
        self.open.send_replace(true);
    }

    /// The next `times` appends meet this fault.
    pub(crate) fn fail_appends(&self, fault: Fault, times: usize) {
        self.fault.send_replace((fault, times));
    }

    /// Operations that are inside the log now.
    pub(crate) fn inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }

    /// Most operations that were ever inside at a time.
    pub(crate) fn most_inside(&self) -> usize {
        self.most_inside.load(Ordering::SeqCst)
    }

    /// How many messages were given to append.
    pub(crate) fn appends(&self) -> usize {
        self.appends.load(Ordering::SeqCst)
    }

    async fn enter(&self) -> Inside<'_> {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_inside.fetch_max(inside, Ordering::SeqCst);
        let guard = Inside(&self.inside);
        if !self.longest_delay.is_zero() {
            let share = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
            tokio::time::sleep(self.longest_delay.mul_f64(share)).await;
        }
        self.open.subscribe().wait_for(|open| *open).await.unwrap();
        guard
    }

    fn next_fault(&self) -> Fault {
        let mut next = Fault::None;
        self.fault.send_modify(|(fault, times)| {
            if *times > 0 {
                *times -= 1;
                next = *fault;
            }
        });
        next
    }
}

#[async_trait]
impl EventLog for FaultyLog {
    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let _inside = self.enter().await;
        self.appends.fetch_add(messages.len(), Ordering::SeqCst);
        let all =
            |messages: Vec<Append>, error: AppendError| messages.iter().map(|_| Err(error.clone())).collect();
        let unavailable = || AppendError::Log(LogError::Unavailable("a fault of the test".to_owned()));
        match self.next_fault() {
            Fault::None => self.log.append(stream, messages).await,
            Fault::Unavailable => all(messages, unavailable()),
            Fault::Conflict => all(messages, AppendError::Conflict { last: None }),
            Fault::AckLost => {
                for result in self.log.append(stream, messages.clone()).await {
                    result.unwrap();
                }
                all(messages, unavailable())
            }
        }
    }

    async fn last_of_subject(&self, stream: Stream, subject: &Subject) -> Result<Option<Record>, LogError> {
        let _inside = self.enter().await;
        self.log.last_of_subject(stream, subject).await
    }

    async fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError> {
        self.log.get(stream, sequence).await
    }

    async fn read(&self, stream: Stream, start: StartAt) -> Result<RecordStream, LogError> {
        self.log.read(stream, start).await
    }

    async fn consumer(&self, stream: Stream, config: ConsumerConfig) -> Result<Box<dyn Consumer>, LogError> {
        self.log.consumer(stream, config).await
    }

    async fn consumer_lag(
        &self,
        stream: Stream,
        durable_name: &str,
    ) -> Result<Option<ConsumerLag>, LogError> {
        self.log.consumer_lag(stream, durable_name).await
    }

    async fn info(&self, stream: Stream) -> Result<StreamInfo, LogError> {
        self.log.info(stream).await
    }

    async fn compact(&self, stream: Stream, through: u64) -> Result<(), LogError> {
        self.log.compact(stream, through).await
    }

    async fn close(&self) -> Result<(), LogError> {
        self.log.close().await
    }
}
