//! GitLab: `id_tokens` of a job are in variables whose names the user chose.

use futures_util::future::BoxFuture;

use super::{Claims, Issuer, is_usable};
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

/// GitLab CI.
pub(super) struct GitLab;

impl GitLab {
    /// The tokens that this GitLab has issued, in the order of their variables.
    fn tokens(env: &Env) -> Vec<(Secret, Claims)> {
        let Some(issuer) = env.utf8("CI_SERVER_URL") else {
            return Vec::new();
        };
        let mut variables: Vec<(&str, &str)> = env.utf8_pairs().collect();
        variables.sort_unstable();
        let tokens = variables.into_iter().filter_map(|(_, value)| {
            // All JSON objects begin so in base64; what does not is not worth decoding.
            let token = Secret::from(Some(value.trim()).filter(|text| text.starts_with("ey"))?);
            let claims = Claims::of(&token)?;
            claims.is_by(issuer).then_some((token, claims))
        });
        tokens.collect()
    }
}

impl Issuer for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("GITLAB_CI")
    }

    fn is_present(&self, env: &Env) -> bool {
        self.is_here(env) && !Self::tokens(env).is_empty()
    }

    fn advice(&self) -> &'static str {
        "the job needs `id_tokens: NAME: aud: AUDIENCE`; where the audience is not fixed, call it \
         DOCKSIDE_ID_TOKEN"
    }

    /// That of the audience which lasts longest. Without an audience there is none: which of the
    /// tokens is meant is not to be guessed.
    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move {
            if audience.is_empty() {
                return Ok(None);
            }
            let tokens = Self::tokens(&context.env).into_iter();
            let best = tokens
                .filter(|(token, _)| is_usable(token, audience))
                .max_by(|(_, one), (_, other)| one.end().total_cmp(&other.end()));
            Ok(best.map(|(token, _)| token))
        })
    }
}
