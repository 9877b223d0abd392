//! A request as it arrives at the gateway: what is asked, by whom, from where, until when.

use std::net::IpAddr;
use std::time::Duration;

use crate::types::ids::RequestId;
use crate::types::plan::Ask;
use crate::types::secret::Secret;

/// A request as it arrives.
#[derive(Debug)]
pub struct Inbound {
    /// Our id for it.
    pub id: RequestId,
    /// What is asked.
    pub ask: Ask,
    /// The gateway key that was shown, not yet looked at.
    pub credential: Option<Secret>,
    /// Where it comes from.
    pub origin: Origin,
    /// The time the caller gives it; the configured limit is the ceiling.
    pub time_limit: Option<Duration>,
    /// The end user it is for, for usage reports.
    pub user: Option<String>,
    /// Whether somebody wants to know what the request was taken for, even where the choice does
    /// not depend on it.
    pub explains: bool,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From this very process: its user holds the provider keys anyway.
    InProcess,
    /// Over the network, from the address the connection really has.
    Network(IpAddr),
}

impl Origin {
    /// Whether the caller is on this machine.
    pub fn is_local(self) -> bool {
        match self {
            Self::InProcess => true,
            // An IPv4 loopback address may arrive in its IPv6 clothes.
            Self::Network(address) => address.to_canonical().is_loopback(),
        }
    }
}

impl Inbound {
    /// A request of this process itself.
    pub fn in_process(ask: Ask) -> Self {
        Self {
            id: RequestId::mint(),
            ask,
            credential: None,
            origin: Origin::InProcess,
            time_limit: None,
            user: None,
            explains: true,
        }
    }
}
