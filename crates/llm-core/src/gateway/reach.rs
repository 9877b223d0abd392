//! Whether providers can be reached with the keys there are: asks each for the list of its models,
//! which costs nothing. Never done for a request or a probe; only when somebody wants to know.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;

use super::Gateway;
use super::deployments::Deployment;
use crate::provider::ErrorReply;
use crate::provider::transport::Dispatch;
use crate::types::clock::Deadline;
use crate::types::failure::Failure;
use crate::types::ids::ProviderName;

/// Most of a list that is read.
const MAX_LIST_BYTES: usize = 8 * 1024 * 1024;

/// What came of asking a provider.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Which.
    pub provider: ProviderName,
    /// The names it knows its models by; `None` where its protocol has no list.
    pub models: Option<Result<Vec<String>, Failure>>,
}

impl Gateway {
    /// Asks every provider that can be called, all at once, each for at most `limit`.
    pub async fn reach(&self, limit: Duration) -> Vec<Reached> {
        let mut seen = HashSet::new();
        let places = self.parts.engine.deployments.iter().filter(|one| {
            let place = (one.provider.clone(), one.endpoint.base_url.to_string());
            one.unusable.is_none() && seen.insert(place)
        });
        let asked: Vec<_> = places
            .map(|one| self.list(Arc::clone(one), limit))
            .collect();
        join_all(asked).await
    }

    async fn list(&self, place: Arc<Deployment>, limit: Duration) -> Reached {
        let models = match place.adapter.0.encode_list(&place.endpoint) {
            None => None,
            Some(request) => {
                let engine = &self.parts.engine;
                let dispatch = Dispatch {
                    upload: None,
                    request,
                    credential: place.credential.as_ref(),
                    proxy: place.proxy.as_deref(),
                    limits: place.limits,
                    deadline: Deadline::after(engine.clock.now(), limit),
                };
                Some(self.read_list(&place, dispatch).await)
            }
        };
        Reached {
            provider: place.provider.clone(),
            models,
        }
    }

    async fn read_list(
        &self,
        place: &Deployment,
        dispatch: Dispatch<'_>,
    ) -> Result<Vec<String>, Failure> {
        let mut response = self.parts.engine.transport.send(dispatch).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.body.next().await {
            bytes.extend_from_slice(&chunk?);
            if bytes.len() > MAX_LIST_BYTES {
                return Err(Failure::invalid("the list of models is larger than 8 MiB"));
            }
        }
        if !(200..300).contains(&response.status) {
            return Err(place.adapter.0.decode_error(&ErrorReply {
                status: response.status,
                headers: &response.headers,
                body: &bytes,
            }));
        }
        place.adapter.0.decode_list(&bytes)
    }
}
