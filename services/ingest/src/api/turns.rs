//! The order of operations on one article: each waits for the one before it.

use std::collections::HashMap;

use gisa_article_model::ArticleId;
use tokio::sync::oneshot;

/// The last operation that is under way for each article.
#[derive(Debug, Default)]
pub(super) struct Turns {
    // Nothing is ever sent: a turn is over when its sender is dropped.
    last: HashMap<ArticleId, oneshot::Receiver<()>>,
}

/// The place of one operation. The next one on the article goes on when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _end: oneshot::Sender<()>,
}

impl Turns {
    /// Lines up for an article.
    pub(super) fn line_up(&mut self, article_id: &ArticleId) -> Turn {
        let (end, ended) = oneshot::channel();
        let before = self.last.insert(article_id.clone(), ended);
        Turn { before, _end: end }
    }

    /// Forgets the article if nobody is in line; to be called when an operation on it is over.
    pub(super) fn forget(&mut self, article_id: &ArticleId) {
        let Some(ended) = self.last.get_mut(article_id) else {
            return;
        };
        if ended.try_recv() != Err(oneshot::error::TryRecvError::Empty) {
            self.last.remove(article_id);
        }
    }
}

impl Turn {
    /// Waits until the operation before is over.
    pub(super) async fn come(&mut self) {
        if let Some(before) = self.before.take() {
            // The error is the signal: its sender is gone.
            let _over = before.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn one_after_the_other_on_an_article_and_nothing_is_kept() {
        let (one, other) = (ArticleId::parse("1").unwrap(), ArticleId::parse("2").unwrap());
        let mut turns = Turns::default();
        let mut first = turns.line_up(&one);
        let mut second = turns.line_up(&one);
        let mut elsewhere = turns.line_up(&other);
        first.come().await;
        elsewhere.come().await;
        let soon = Duration::from_millis(20);
        assert!(timeout(soon, second.come()).await.is_err());

        let mut third = turns.line_up(&one);
        drop(first);
        turns.forget(&one);
        assert!(timeout(soon, third.come()).await.is_err());
        drop(second);
        let mut fourth = turns.line_up(&one);
        drop((third, elsewhere));
        timeout(soon, fourth.come()).await.unwrap();
        drop(fourth);
        turns.forget(&one);
        turns.forget(&other);
        assert!(turns.last.is_empty());
    }
}
