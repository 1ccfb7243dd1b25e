//! The load: articles in our own words, and a client that streams them into ingest as fast as it takes them.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use gisa_integration_tests::articles::published_at;
use gisa_proto::article::v1::PublicationState;
use gisa_proto::ingest::v1::{
    ArticleSubmission, IngestArticlesRequest, IngestOutcome, ingest_articles_request::Operation,
    ingest_articles_response::Outcome, ingest_service_client::IngestServiceClient,
};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tonic::transport::{Channel, Endpoint};

const SENTENCES: [&str; 16] = [
    "한빛전자는 3일 경기도 화성에 새 반도체 공장을 짓는다고 밝혔다.",
    "회사는 2028년까지 1조 2천억 원을 들여 생산 능력을 두 배로 늘릴 계획이다.",
    "김서윤 대표는 \"수요가 예상보다 빠르게 늘고 있다\"고 말했다.",
    "지역 주민들은 일자리가 늘어날 것으로 기대하면서도 교통난을 걱정했다.",
    "시는 도로를 넓히고 버스 노선을 새로 만들기로 했다.",
    "증권가에서는 올해 매출이 지난해보다 18% 늘어날 것으로 내다봤다.",
    "이날 코스피는 전날보다 0.7% 오른 2,745.31에 거래를 마쳤다.",
    "환경 단체는 하천 수질을 먼저 조사해야 한다고 주장했다.",
    "정부는 내년 예산에 관련 연구비 350억 원을 반영했다.",
    "한국과학기술원 연구팀은 전력 소모를 40% 줄이는 기술을 개발했다.",
    "연구 결과는 국제 학술지에 실렸다.",
    "부산항의 10월 물동량은 작년 같은 달보다 5.2% 늘었다.",
    "박지훈 연구원은 \"아직 상용화까지는 시간이 필요하다\"고 설명했다.",
    "노동조합은 임금 인상률을 두고 회사와 여섯 차례 협상했다.",
    "다음 회의는 오는 14일 서울에서 열린다.",
    "전문가들은 금리가 당분간 지금 수준에 머무를 것으로 보고 있다.",
];

/// How many different texts there are.
const TEXTS: usize = 64;

/// Articles of one size. Numbers make them different; texts repeat after 64 of them.
#[derive(Clone, Debug)]
pub(crate) struct Articles {
    bodies: Arc<Vec<String>>,
    source: String,
    state: PublicationState,
}

impl Articles {
    /// Articles with bodies of at least so many bytes, from this source.
    pub(crate) fn new(source: &str, body_bytes: usize) -> Self {
        let body = |text: usize| {
            let mut body = String::new();
            for sentence in 0.. {
                if body.len() >= body_bytes {
                    break;
                }
                body.push_str(SENTENCES[(text * 7 + sentence * (1 + text % 5)) % SENTENCES.len()]);
                body.push(if sentence % 4 == 3 { '\n' } else { ' ' });
            }
            body
        };
        Self {
            bodies: Arc::new((0..TEXTS).map(body).collect()),
            source: source.to_owned(),
            state: PublicationState::Usable,
        }
    }

    /// The same, not for publication.
    pub(crate) fn withheld(self) -> Self {
        Self {
            state: PublicationState::Withheld,
            ..self
        }
    }

    /// One article.
    pub(crate) fn submission(&self, number: usize) -> ArticleSubmission {
        ArticleSubmission {
            source: self.source.clone(),
            external_id: number.to_string(),
            section: "경제".to_owned(),
            title: format!("한빛전자, 화성에 새 공장 짓는다 ({number})"),
            body: self.bodies[number % TEXTS].clone(),
            published_at: Some(published_at()),
            state: self.state.into(),
            ..ArticleSubmission::default()
        }
    }

    /// What a raw message of the same size carries.
    pub(crate) fn raw_payloads(&self) -> Vec<bytes::Bytes> {
        let payload = |number| prost::Message::encode_to_vec(&self.submission(number)).into();
        (0..TEXTS).map(payload).collect()
    }

    fn request(&self, number: usize) -> IngestArticlesRequest {
        IngestArticlesRequest {
            correlation_id: number.to_string(),
            operation: Some(Operation::Article(self.submission(number))),
        }
    }
}

/// A connection to ingest.
pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<IngestServiceClient<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(IngestServiceClient::new(endpoint.connect().await?))
}

/// Streams articles into ingest over so many streams; returns how long it took until the last answer. Fails unless
/// every one of them is answered as created.
pub(crate) async fn ingest_all(
    address: SocketAddr,
    articles: &Articles,
    numbers: std::ops::Range<usize>,
    streams: usize,
) -> anyhow::Result<Duration> {
    let client = connect(address).await?;
    let start = Instant::now();
    let mut work = tokio::task::JoinSet::new();
    for stream in 0..streams {
        let (client, articles) = (client.clone(), articles.clone());
        let numbers = numbers.clone().skip(stream).step_by(streams);
        work.spawn(async move { ingest_stream(client, articles, numbers).await });
    }
    let mut created = 0;
    while let Some(done) = work.join_next().await {
        created += done??;
    }
    ensure!(
        created == numbers.len(),
        "{created} of {} were created",
        numbers.len()
    );
    Ok(start.elapsed())
}

async fn ingest_stream(
    mut client: IngestServiceClient<Channel>,
    articles: Articles,
    numbers: impl Iterator<Item = usize> + Send + 'static,
) -> anyhow::Result<usize> {
    let requests = numbers.map(move |number| articles.request(number));
    let mut answers = client
        .ingest_articles(tokio_stream::iter(requests))
        .await?
        .into_inner();
    let mut created = 0;
    while let Some(answer) = answers.message().await? {
        match answer.outcome {
            Some(Outcome::Result(result)) if result.outcome() == IngestOutcome::Created => created += 1,
            other => bail!("article {} was answered {other:?}", answer.correlation_id),
        }
    }
    Ok(created)
}

/// An accepted article.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// Its number.
    pub(crate) number: usize,
    /// How to wait for it.
    pub(crate) write_token: String,
    /// How long it took since it was due to be sent.
    pub(crate) latency: Duration,
    /// When it was answered.
    pub(crate) at: Instant,
}

/// Sends articles at a fixed rate, however long the answers take; tells of each reply as it comes.
pub(crate) async fn ingest_paced(
    address: SocketAddr,
    articles: Articles,
    numbers: std::ops::Range<usize>,
    per_second: u32,
    replies: mpsc::UnboundedSender<Reply>,
) -> anyhow::Result<()> {
    let mut client = connect(address).await?;
    let (requests, receiver) = mpsc::channel(64);
    let first = numbers.start;
    let start = Instant::now() + Duration::from_millis(10);
    let due = move |number: usize| start + Duration::from_secs(1) * (number - first) as u32 / per_second;
    let count = numbers.len();
    tokio::spawn(async move {
        for number in numbers {
            tokio::time::sleep_until(due(number).into()).await;
            if requests.send(articles.request(number)).await.is_err() {
                return;
            }
        }
    });
    let requests = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut answers = client.ingest_articles(requests).await?.into_inner();
    let mut seen = HashMap::with_capacity(count);
    while let Some(answer) = answers.next().await {
        let answer = answer?;
        let Some(Outcome::Result(result)) = answer.outcome else {
            bail!(
                "article {} was refused: {:?}",
                answer.correlation_id,
                answer.outcome
            );
        };
        let (number, at) = (answer.correlation_id.parse()?, Instant::now());
        ensure!(
            seen.insert(number, ()).is_none(),
            "article {number} was answered twice"
        );
        let reply = Reply {
            number,
            write_token: result.write_token,
            latency: at.saturating_duration_since(due(number)),
            at,
        };
        if replies.send(reply).is_err() {
            bail!("nobody listens to the replies");
        }
    }
    ensure!(seen.len() == count, "{} of {count} were answered", seen.len());
    Ok(())
}
