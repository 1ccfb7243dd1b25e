//! `gisa dead-letters`: what could not be tagged, for operators.

mod view;

use gisa_proto::tagging::v1::{
    DeadLetter, DiscardDeadLetterRequest, GetDeadLetterRequest, ListDeadLettersRequest,
    ReplayDeadLetterRequest, dead_letter_service_client::DeadLetterServiceClient,
};
use tonic::{Code, Status, transport::Channel};

use crate::{
    cli::{
        DeadLettersCommand, DeadLettersListArguments, DeadLettersResolveArguments, DeadLettersShowArguments,
    },
    client::Server,
    failure::{Failure, FailureKind, StatusParts},
    output::Output,
};

type Client = DeadLetterServiceClient<Channel>;

/// Letters asked for at a time.
const PAGE_SIZE: u32 = 200;

/// What is done with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Replay,
    Discard,
}

pub(crate) async fn run(
    server: &Server,
    command: DeadLettersCommand,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut client = server.dead_letters().await?;
    match command {
        DeadLettersCommand::List(arguments) => list(server, &mut client, &arguments, output).await,
        DeadLettersCommand::Show(arguments) => show(server, &mut client, arguments, output).await,
        DeadLettersCommand::Replay(arguments) => {
            resolve(server, &mut client, Action::Replay, arguments, output).await
        }
        DeadLettersCommand::Discard(arguments) => {
            resolve(server, &mut client, Action::Discard, arguments, output).await
        }
    }
}

async fn list(
    server: &Server,
    client: &mut Client,
    arguments: &DeadLettersListArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut pages = Pages::new(arguments.resolved);
    let mut any = false;
    while let Some(letters) = pages.next(server, client).await? {
        for letter in &letters {
            any = true;
            view::write(output, letter)?;
        }
    }
    if !any && !output.is_json() {
        output.line("no dead letters")?;
    }
    Ok(())
}

async fn show(
    server: &Server,
    client: &mut Client,
    arguments: DeadLettersShowArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = server.request(GetDeadLetterRequest { id: arguments.id });
    let answer = server.answer(client.get_dead_letter(request)).await;
    let answer = answer.map_err(|status| Failure::from_status(&status))?;
    let letter = answer.dead_letter.ok_or_else(incomplete)?;
    view::write_full(output, &letter, &answer.message.unwrap_or_default())
}

/// Replays or discards letters one after the other; one that fails keeps no other from it.
async fn resolve(
    server: &Server,
    client: &mut Client,
    action: Action,
    arguments: DeadLettersResolveArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let ids = if arguments.all {
        // All of them first: what is replayed meanwhile would move the pages.
        let mut pages = Pages::new(false);
        let mut ids = Vec::new();
        while let Some(letters) = pages.next(server, client).await? {
            ids.extend(letters.into_iter().map(|letter| letter.id));
        }
        ids
    } else {
        arguments.ids
    };
    let mut failed = 0;
    for id in ids {
        match resolve_one(server, client, action, id.clone(), arguments.dry_run).await {
            Ok(letter) => view::write_resolved(output, &letter, arguments.dry_run)?,
            Err(status) if status.code() == Code::Unavailable => return Err(Failure::from_status(&status)),
            Err(status) => {
                failed += 1;
                view::write_failed(output, &id, &StatusParts::new(&status))?;
            }
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::new(FailureKind::Failed, format!("{failed} failed"))),
    }
}

async fn resolve_one(
    server: &Server,
    client: &mut Client,
    action: Action,
    id: String,
    validate_only: bool,
) -> Result<DeadLetter, Status> {
    let letter = match action {
        Action::Replay => {
            let request = server.request(ReplayDeadLetterRequest { id, validate_only });
            server
                .answer(client.replay_dead_letter(request))
                .await?
                .dead_letter
        }
        Action::Discard => {
            let request = server.request(DiscardDeadLetterRequest { id, validate_only });
            server
                .answer(client.discard_dead_letter(request))
                .await?
                .dead_letter
        }
    };
    letter.ok_or_else(|| Status::internal("the answer has no letter"))
}

fn incomplete() -> Failure {
    Failure::new(FailureKind::Failed, "the answer has no letter")
}

/// The letters, page by page.
struct Pages {
    include_resolved: bool,
    /// `None` at the end.
    next: Option<String>,
}

impl Pages {
    fn new(include_resolved: bool) -> Self {
        Self {
            include_resolved,
            next: Some(String::new()),
        }
    }

    async fn next(
        &mut self,
        server: &Server,
        client: &mut Client,
    ) -> Result<Option<Vec<DeadLetter>>, Failure> {
        let Some(page_token) = self.next.take() else {
            return Ok(None);
        };
        let request = server.request(ListDeadLettersRequest {
            page_size: PAGE_SIZE,
            page_token,
            include_resolved: self.include_resolved,
        });
        let answer = server.answer(client.list_dead_letters(request)).await;
        let answer = answer.map_err(|status| Failure::from_status(&status))?;
        self.next = Some(answer.next_page_token).filter(|token| !token.is_empty());
        Ok(Some(answer.dead_letters))
    }
}
