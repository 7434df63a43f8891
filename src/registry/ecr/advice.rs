//! Amazon ECR: actions of IAM policies.

use crate::registry::{Advice, Case, Purpose, Trouble};

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    let path = case.path();
    let actions = |what: &str, actions: &str| {
        Advice::new(
            format!("no policy allows {what}: neither of the role or user, nor of the repository"),
            format!("allow {actions} for {path}, in the role's policy or in the repository's"),
        )
    };
    Some(match trouble {
        Trouble::Refused => Advice::new(
            "a password of ECR is good for 12 hours, in one region and for one account",
            "run `dockside ci-env --oidc`, or `aws ecr get-login-password` for the region in the \
             registry's host",
        ),
        Trouble::Nobody => Advice::new(
            "ECR lets nobody in without a login, and the job has none",
            "run `dockside ci-env --oidc`, with AWS_ROLE_ARN or another identity of AWS, and allow \
             ecr:GetAuthorizationToken",
        ),
        Trouble::Denied(Purpose::Pull) => actions(
            "this",
            "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:ListImages",
        ),
        Trouble::Denied(Purpose::Push) => actions(
            "to push",
            "ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, \
             ecr:BatchCheckLayerAvailability and ecr:PutImage",
        ),
        Trouble::Denied(Purpose::Delete) => actions("to delete", "ecr:BatchDeleteImage"),
        Trouble::NoRepository => Advice::new(
            "ECR makes no repository by a push, unless a template for creation says so",
            format!("run `dockside repository create {}/{path}`", case.registry),
        ),
    })
}
