//! Several models through the whole gateway.

use futures_util::StreamExt as _;
use llm_core::gateway::stream::Piece;
use llm_core::types::code::Code;
use llm_core::types::cooperation::{CooperationRequest, MemberSpec};
use llm_core::types::event::StreamEvent;
use llm_core::types::run_event::RunEvent;
use llm_testkit::reply::Reply;

use super::{Fixture, question};

fn together(mode: &str, members: &[&str]) -> CooperationRequest {
    CooperationRequest {
        mode: Some(mode.to_owned()),
        members: members
            .iter()
            .map(|member| MemberSpec::parse(member).unwrap())
            .collect(),
        ..CooperationRequest::default()
    }
}

#[tokio::test(start_paused = true)]
async fn votes_are_counted_not_raced() {
    let fixture = Fixture::new(&["a", "b", "c"], "");
    fixture
        .provider
        .on("a")
        .reply(Reply::text("The answer is 5."));
    fixture.provider.on("b").reply(Reply::text("It is 4."));
    fixture.provider.on("c").reply(Reply::text("答案是4"));
    let mut inbound = question("cooperate/voting", "What is 2 + 2?");
    inbound.ask.cooperation = Some(together("voting", &["a", "b", "c"]));
    let done = fixture.gateway.chat(inbound).await.unwrap();
    let tally = done.cooperation.as_ref().unwrap().tally.as_ref().unwrap();
    assert_eq!(tally.options[tally.winner.unwrap()].value, "4");
    assert!(done.answer.text().contains('4'), "{}", done.answer.text());
    assert_eq!(done.served.model.as_str(), "cooperate/voting");
    assert_eq!(fixture.usage().total.requests, 3);
}

#[tokio::test(start_paused = true)]
async fn a_failed_member_does_not_fail_the_rest_and_nobody_answering_is_an_error() {
    let fixture = Fixture::new(&["a", "b"], "[limits]\nretries = 0\n");
    fixture.provider.on("a").reply(Reply::error(500));
    fixture.provider.on("b").reply(Reply::text("all alone"));
    let ask = || {
        let mut inbound = question("cooperate/parallel", "Why?");
        let mut request = together("parallel", &["a", "b"]);
        request.integrator = Some("concatenate".to_owned());
        inbound.ask.cooperation = Some(request);
        inbound
    };
    let done = fixture.gateway.chat(ask()).await.unwrap();
    assert!(done.answer.text().contains("all alone"));
    assert!(done.cooperation.unwrap().degraded);

    fixture.provider.on("b").reply(Reply::error(429));
    let error = fixture.gateway.chat(ask()).await.unwrap_err();
    assert_eq!(error.code, Code::CooperationFailed);
    assert_eq!(error.attempts.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_synthesis_streams_while_members_report_their_progress() {
    let fixture = Fixture::new(&["a", "b"], "");
    fixture
        .provider
        .on("a")
        .reply(Reply::text("left"))
        .then(Reply::pieces(["left ", "and right"]));
    fixture.provider.on("b").reply(Reply::text("right"));
    let mut inbound = question("cooperate/ensemble", "Which side?");
    let mut request = together("ensemble", &["a", "b"]);
    request.judge = Some("a".to_owned());
    inbound.ask.cooperation = Some(request);
    let mut stream = fixture.gateway.stream(inbound, false);
    let (mut text, mut pieces, mut completed, mut done) = (String::new(), 0, 0, false);
    while let Some(piece) = stream.next().await {
        match piece {
            Piece::Answer(StreamEvent::Text { text: more, .. }) => {
                pieces += 1;
                text.push_str(&more);
            }
            Piece::Progress(RunEvent::ModelCompleted { .. }) => completed += 1,
            Piece::Done(_) => done = true,
            Piece::Failed(error) => panic!("{error}"),
            Piece::Answer(_) | Piece::Progress(_) => {}
        }
    }
    assert_eq!(
        (text.as_str(), pieces, completed, done),
        ("left and right", 2, 3, true)
    );
}

#[tokio::test(start_paused = true)]
async fn leaving_a_cooperation_closes_every_call() {
    let fixture = Fixture::new(&["a", "b", "c"], "");
    for model in ["a", "b", "c"] {
        fixture.provider.on(model).reply(Reply::hang());
    }
    let mut inbound = question("cooperate/parallel", "Why?");
    inbound.ask.cooperation = Some(together("parallel", &["a", "b", "c"]));
    let mut stream = fixture.gateway.stream(inbound, false);
    while fixture.provider.attempts().len() < 3 {
        stream.next().await.expect("the run is under way");
    }
    drop(stream);
    assert!(
        fixture
            .provider
            .attempts()
            .iter()
            .all(llm_testkit::attempt::Attempt::is_abandoned)
    );
    assert_eq!(fixture.usage().total.requests, 3);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_text_whatever_brackets_it_has() {
    let fixture = Fixture::new(&["a", "b"], "");
    fixture.provider.on("a").reply(Reply::text("first {x}"));
    fixture.provider.on("b").reply(Reply::text("second"));
    let text = "What does {previous_result} or \"{query}\" mean in {}?";
    let mut inbound = question("cooperate/sequential", text);
    inbound.ask.cooperation = Some(together("sequential", &["a", "b"]));
    fixture.gateway.chat(inbound).await.unwrap();
    let second = fixture.provider.attempts()[1].json().to_string();
    assert!(
        second.contains("{previous_result}") && second.contains("first {x}"),
        "{second}"
    );
}

#[tokio::test(start_paused = true)]
async fn mistakes_are_told_before_anybody_is_asked() {
    let fixture = Fixture::new(&["a", "b"], "");
    let code = |request: CooperationRequest| {
        let mut inbound = question("auto", "Why?");
        inbound.ask.cooperation = Some(request);
        let gateway = fixture.gateway.clone();
        async move { gateway.chat(inbound).await.unwrap_err().code }
    };
    assert_eq!(
        code(together("magic", &["a", "b"])).await,
        Code::UnknownMode
    );
    assert_eq!(code(together("voting", &["a"])).await, Code::TooFewMembers);
    assert_eq!(
        code(together("voting", &["a", "nobody"])).await,
        Code::ModelNotFound
    );
    let mut request = together("parallel", &["a", "b"]);
    request.integrator = Some("shuffle".to_owned());
    assert_eq!(code(request).await, Code::UnknownIntegrator);
    let mut request = together("parallel", &["a", "b"]);
    request.quorum = Some(3);
    assert_eq!(code(request).await, Code::InvalidValue);
    assert!(fixture.provider.attempts().is_empty());
}
