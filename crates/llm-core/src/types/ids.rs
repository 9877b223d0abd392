//! Names and identifiers as types of their own, so that they cannot be mixed up.
//!
//! All of them are cheap to clone. What they refer to is decided elsewhere.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a name as it is, without normalising it.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(Arc::from(name))
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(Arc::from(name))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

string_id! {
    /// The public name a client sends; a `[models.NAME]` table of the configuration.
    ModelName
}

string_id! {
    /// A `[providers.NAME]` table: the service behind an API.
    ProviderName
}

string_id! {
    /// What a call goes to: provider, upstream model, credential and endpoint together.
    ///
    /// Equal to the model's name while the model has one deployment, `model#2` and so on after.
    DeploymentId
}

string_id! {
    /// Identifies one request through logs, headers and usage records. Minted by us.
    RequestId
}

string_id! {
    /// Who a request is accounted to.
    TenantId
}

string_id! {
    /// The public half of a virtual key.
    KeyId
}

impl RequestId {
    /// A fresh identifier, ordered by time (UUID version 7) and prefixed `req_`.
    pub fn mint() -> Self {
        Self::new(format!("req_{}", uuid::Uuid::now_v7().simple()))
    }
}
