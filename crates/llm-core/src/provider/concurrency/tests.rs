//! Places that are waited for, left, granted and fought over, in paused time.

use std::time::Duration;

use futures_util::future::join_all;

use super::*;
use crate::types::clock::{Clock as _, SystemClock};

fn gate(most: u32, queue: u32) -> Arc<Gate> {
    Gate::new(GateRules {
        most: Some(most),
        adapts: false,
        queue,
        wait: Duration::from_millis(200),
    })
}

async fn enter(gate: &Arc<Gate>, whose: Option<&KeyId>) -> Result<Entered, Full> {
    let now = SystemClock.now();
    gate.enter(whose, now, now + Duration::from_secs(60)).await
}

#[tokio::test(start_paused = true)]
async fn a_place_is_waited_for_and_not_for_long() {
    let gate = gate(1, 5);
    let first = enter(&gate, None).await.unwrap();
    let start = SystemClock.now();
    assert_eq!(enter(&gate, None).await.unwrap_err(), Full);
    assert_eq!(SystemClock.now() - start, Duration::from_millis(200));
    assert_eq!(gate.view().waiting, 0, "who waited in vain is gone");

    let second = enter(&gate, None);
    let leaves = async move { drop(first) };
    let (second, ()) = tokio::join!(second, leaves);
    drop(second.unwrap());
    assert!(enter(&gate, None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_full_line_turns_away_at_once() {
    let gate = gate(1, 0);
    let _first = enter(&gate, None).await.unwrap();
    let start = SystemClock.now();
    assert!(gate.view().is_full);
    assert!(enter(&gate, None).await.is_err());
    assert_eq!(SystemClock.now(), start);
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_the_line_takes_no_place() {
    let gate = gate(1, 5);
    let first = enter(&gate, None).await.unwrap();
    let mut waits = Box::pin(enter(&gate, None));
    assert!(futures_util::poll!(waits.as_mut()).is_pending());
    assert_eq!(gate.view().waiting, 1);
    drop(waits);
    assert_eq!(gate.view().waiting, 0);

    // Granted and never looked at.
    let mut waits = Box::pin(enter(&gate, None));
    assert!(futures_util::poll!(waits.as_mut()).is_pending());
    drop(first);
    drop(waits);
    assert!(enter(&gate, None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_flood_gives_way_to_others() {
    let gate = gate(1, 4);
    let (flood, quiet) = (KeyId::from("flood"), KeyId::from("quiet"));
    let first = enter(&gate, Some(&flood)).await.unwrap();
    let floods = join_all((0..4).map(async |_| enter(&gate, Some(&flood)).await.map(drop)));
    let quiets = async {
        tokio::task::yield_now().await;
        enter(&gate, Some(&quiet)).await
    };
    let ends = async {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        drop(first);
    };
    let (floods, quiet, ()) = tokio::join!(floods, quiets, ends);
    assert!(quiet.is_ok());
    assert!(floods.iter().any(Result::is_err));
}

#[tokio::test(start_paused = true)]
async fn other_rules_let_in_whoever_waits() {
    let gate = gate(1, 5);
    let _first = enter(&gate, None).await.unwrap();
    let raise = async {
        tokio::task::yield_now().await;
        gate.renew(GateRules {
            most: None,
            adapts: false,
            queue: 5,
            wait: Duration::from_millis(200),
        });
    };
    let (second, ()) = tokio::join!(enter(&gate, None), raise);
    assert!(second.is_ok());
}
