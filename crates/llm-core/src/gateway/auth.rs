//! Who may use the gateway: [`Inbound`] becomes [`Authenticated`], which nothing else can make.
//!
//! Keys are compared by digest. Every refusal of a key that was shown is the same refusal: an
//! expired key, a disabled one and a wrong one cannot be told apart from outside.

use std::collections::HashMap;

use jiff::Timestamp;

use super::error::GatewayError;
use super::inbound::{Inbound, Origin};
use crate::types::code::Code;
use crate::types::ids::KeyId;
use crate::types::secret::Secret;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Ask models, and look at models and usage.
    Inference,
    /// Change the running gateway.
    Admin,
}

impl Permission {
    /// The name in a key's `scopes`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inference => "inference",
            Self::Admin => "admin",
        }
    }
}

/// When a caller needs a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyPolicy {
    /// Loopback callers need none until the first key exists.
    #[default]
    Auto,
    /// Everybody needs one.
    Required,
    /// Nobody needs one, except for administration.
    Off,
}

/// The keys of the configuration, by digest.
#[derive(Debug, Default)]
pub struct Authenticator {
    policy: KeyPolicy,
    keys: HashMap<[u8; 32], Key>,
}

/// A configured key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its public name.
    pub id: KeyId,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Models and routes it may use; empty for all.
    pub models: Vec<String>,
    /// When it stops working.
    pub expires: Option<Timestamp>,
    /// Whether it is refused.
    pub disabled: bool,
}

/// Proof that a caller may do what it asked for. Only [`Authenticator::authorize`] makes one.
#[derive(Clone, Debug)]
pub struct Grant {
    key: Option<KeyId>,
    models: Vec<String>,
}

/// A request whose caller may make it.
#[derive(Debug)]
pub struct Authenticated {
    inbound: Inbound,
    grant: Grant,
}

impl Grant {
    /// The key that was shown, if one was needed.
    pub fn key(&self) -> Option<&KeyId> {
        self.key.as_ref()
    }

    /// Whether the caller may use this model or route. Asked again for every model of a plan.
    pub fn allows_model(&self, name: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|allowed| allowed == name)
    }

    /// What of the grant a routing decision depends on.
    pub fn scope(&self) -> String {
        self.models.join("\u{1f}")
    }
}

impl Authenticated {
    /// The request.
    pub fn inbound(&self) -> &Inbound {
        &self.inbound
    }

    /// What the caller may do.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }
}

impl Authenticator {
    /// An authenticator of these keys, given by their BLAKE3 digests.
    pub fn new(policy: KeyPolicy, keys: impl IntoIterator<Item = ([u8; 32], Key)>) -> Self {
        Self {
            policy,
            keys: keys.into_iter().collect(),
        }
    }

    /// Whether any key exists.
    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Lets a request pass, or says why not.
    pub fn authenticate(
        &self,
        inbound: Inbound,
        now: Timestamp,
    ) -> Result<Authenticated, GatewayError> {
        let credential = inbound.credential.as_ref();
        let grant = self.authorize(credential, inbound.origin, Permission::Inference, now)?;
        Ok(Authenticated { inbound, grant })
    }

    /// Whether a caller with this credential may do this.
    pub fn authorize(
        &self,
        credential: Option<&Secret>,
        origin: Origin,
        permission: Permission,
        now: Timestamp,
    ) -> Result<Grant, GatewayError> {
        let anybody = Grant {
            key: None,
            models: Vec::new(),
        };
        if origin == Origin::InProcess {
            return Ok(anybody);
        }
        let keyless = permission == Permission::Inference
            && match self.policy {
                KeyPolicy::Off => true,
                KeyPolicy::Required => false,
                KeyPolicy::Auto => self.keys.is_empty() && origin.is_local(),
            };
        if keyless {
            // A client library always sends something in its key field; where none is needed,
            // whatever it is is not looked at.
            return Ok(anybody);
        }
        let Some(shown) = credential else {
            return Err(refusal(if self.keys.is_empty() {
                "this gateway needs a key and none exists yet"
            } else {
                "this gateway needs a key"
            }));
        };
        let digest = *digest(shown).as_bytes();
        let key = self
            .keys
            .get(&digest)
            .filter(|key| !key.disabled && key.expires.is_none_or(|expires| now < expires));
        let Some(key) = key else {
            return Err(refusal("the gateway key is not valid"));
        };
        if !key.permissions.contains(&permission) {
            let message = format!("the gateway key lacks the `{}` scope", permission.as_str());
            return Err(GatewayError::new(Code::PermissionDenied, message));
        }
        Ok(Grant {
            key: Some(key.id.clone()),
            models: key.models.clone(),
        })
    }
}

/// What is kept of a key; in hexadecimal it is the `digest` of `[keys.NAME]`.
pub fn digest(key: &Secret) -> blake3::Hash {
    blake3::hash(key.expose().as_bytes())
}

fn refusal(message: &str) -> GatewayError {
    GatewayError::new(Code::InvalidApiKey, message).with_hint(
        "send `Authorization: Bearer KEY`; on the server, \
         `llm-server keys create --name NAME` makes a key and shows it once",
    )
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;

    const LOOPBACK: Origin = Origin::Network(IpAddr::V4(Ipv4Addr::LOCALHOST));
    const ELSEWHERE: Origin = Origin::Network(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)));

    fn key(permissions: &[Permission]) -> Key {
        Key {
            id: "ci".into(),
            permissions: permissions.to_vec(),
            models: Vec::new(),
            expires: Some("2030-01-01T00:00:00Z".parse().unwrap()),
            disabled: false,
        }
    }

    fn with_key(policy: KeyPolicy) -> Authenticator {
        let digest = *blake3::hash(b"right").as_bytes();
        Authenticator::new(policy, [(digest, key(&[Permission::Inference]))])
    }

    fn check(
        authenticator: &Authenticator,
        shown: Option<&str>,
        origin: Origin,
        permission: Permission,
    ) -> Result<(), Code> {
        let now = "2029-01-01T00:00:00Z".parse().unwrap();
        let shown = shown.map(Secret::new);
        let result = authenticator.authorize(shown.as_ref(), origin, permission, now);
        result.map(|_| ()).map_err(|error| error.code)
    }

    #[test]
    fn without_keys_only_this_machine_may_ask_and_nobody_may_administer() {
        let none = Authenticator::default();
        let mapped = Origin::Network(IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped()));
        let v6 = Origin::Network(IpAddr::V6(Ipv6Addr::LOCALHOST));
        for origin in [LOOPBACK, mapped, v6] {
            assert_eq!(check(&none, None, origin, Permission::Inference), Ok(()));
            assert_eq!(
                check(&none, Some("x"), origin, Permission::Inference),
                Ok(())
            );
            assert_eq!(
                check(&none, None, origin, Permission::Admin),
                Err(Code::InvalidApiKey)
            );
        }
        assert_eq!(
            check(&none, None, ELSEWHERE, Permission::Inference),
            Err(Code::InvalidApiKey)
        );
    }

    #[test]
    fn once_a_key_exists_everybody_needs_one() {
        let auth = with_key(KeyPolicy::Auto);
        assert_eq!(
            check(&auth, None, LOOPBACK, Permission::Inference),
            Err(Code::InvalidApiKey)
        );
        assert_eq!(
            check(&auth, Some("wrong"), LOOPBACK, Permission::Inference),
            Err(Code::InvalidApiKey)
        );
        assert_eq!(
            check(&auth, Some("right"), ELSEWHERE, Permission::Inference),
            Ok(())
        );
        assert_eq!(
            check(&auth, Some("right"), LOOPBACK, Permission::Admin),
            Err(Code::PermissionDenied)
        );
    }

    #[test]
    fn an_expired_or_disabled_key_is_refused_like_a_wrong_one() {
        let auth = with_key(KeyPolicy::Required);
        let late = "2031-01-01T00:00:00Z".parse().unwrap();
        let shown = Secret::new("right");
        let expired = auth
            .authorize(Some(&shown), LOOPBACK, Permission::Inference, late)
            .unwrap_err();
        let wrong = auth
            .authorize(
                Some(&Secret::new("wrong")),
                LOOPBACK,
                Permission::Inference,
                late,
            )
            .unwrap_err();
        assert_eq!(expired, wrong);
    }

    #[test]
    fn administration_needs_a_key_even_when_asking_does_not() {
        let auth = Authenticator::new(KeyPolicy::Off, []);
        assert_eq!(check(&auth, None, ELSEWHERE, Permission::Inference), Ok(()));
        assert_eq!(
            check(&auth, None, LOOPBACK, Permission::Admin),
            Err(Code::InvalidApiKey)
        );
    }
}
