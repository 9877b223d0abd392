//! The paths of the earlier systems, with true values in every field.

use crate::support::Setup;

#[tokio::test]
async fn the_greeting_names_the_documentation() {
    let server = Setup::demo().start().await;
    let body = server.get_json("/", 200).await;
    assert_eq!(body["status"], "running");
    assert_eq!(body["documentation"], "/docs");
}
