//! What a refusal means, and what the user can do about it.

use super::answer::message;
use super::credential::Credential;
use super::error::Error;
use crate::http::Answer;

/// The error of a credential that was refused. `origin` says where it was found, if it was not
/// given.
pub(super) fn refused(credential: &Credential, origin: Option<&str>, answer: &Answer) -> Error {
    Error::Refused {
        registry: credential.registry.clone(),
        origin: origin.map(str::to_owned),
        username: credential.username.clone(),
        kind: credential.kind.clone(),
        status: answer.status,
        message: message(answer, Some(credential)),
        advice: advice(credential, answer),
    }
}

/// What most likely has to be changed.
fn advice(credential: &Credential, answer: &Answer) -> &'static str {
    let username = credential.username.as_str();
    // Harbor's robots are `robot$NAME` and `robot$PROJECT+NAME`.
    if username == "robot" || username.starts_with("robot+") {
        return "a shell has taken `$...` out of the robot's name: put the name in single quotes";
    }
    if credential.registry == "ghcr.io" && credential.secret.expose().starts_with("github_pat_") {
        return "GitHub Packages takes classic personal access tokens (ghp_...) and the job's \
                GITHUB_TOKEN, not fine-grained tokens (github_pat_...)";
    }
    // GitLab's token service: 30 failed logins in 3 minutes bring 403 for an hour.
    if answer.status == 403 && answer.url.path().ends_with("/jwt/auth") {
        return "check the user name and the token; after many failed logins GitLab also \
                answers 403 to right ones, for an hour, to everybody behind the same address";
    }
    "check the user name and the secret, that it has not expired, and that it is meant for \
     this registry; a job's own token ends with the job"
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::auth::Credential;
    use crate::http::Answer;

    #[test]
    fn advice_fits_the_refusal() {
        let advise = |registry: &str, username: &str, secret: &str, status, url: &str| {
            let credential = Credential {
                registry: registry.into(),
                username: username.into(),
                secret: secret.into(),
                kind: "password".into(),
                scheme: None,
            };
            let answer = Answer {
                url: url.parse().unwrap(),
                status,
                headers: Default::default(),
                body: Vec::new(),
                whole: true,
            };
            advice(&credential, &answer)
        };
        let harbor = "https://harbor.example.com/service/token";
        for name in ["robot", "robot+ci"] {
            let found = advise("harbor.example.com", name, "x", 401, harbor);
            assert!(found.contains("single quotes"), "{found}");
        }
        let github = "https://ghcr.io/token";
        assert!(advise("ghcr.io", "u", "github_pat_1", 403, github).contains("ghp_"));
        assert!(!advise("ghcr.io", "u", "ghs_1", 403, github).contains("ghp_"));
        let gitlab = "https://gitlab.example.com/jwt/auth?service=container_registry";
        assert!(advise("r", "u", "x", 403, gitlab).contains("for an hour"));
        assert!(!advise("r", "u", "x", 401, gitlab).contains("for an hour"));
    }
}
