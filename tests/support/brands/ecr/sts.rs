//! The token service, in forms and XML.

use jiff::{SignedDuration, Timestamp};

use super::{ACCOUNT, Aws};
use crate::support::vendor::{Answer, Request};

impl Aws {
    /// The answer to a request of the token service.
    pub(super) fn sts(&mut self, request: &Request) -> Answer {
        let action = request.form("Action").unwrap_or_default();
        let role = format!("arn:aws:iam::{ACCOUNT}:role/ci");
        let by_token = action == "AssumeRoleWithWebIdentity";
        if !by_token && let Err(refused) = self.signed_for_sts(request) {
            return refused;
        }
        if request.form("RoleArn") != Some(role) {
            return refused(403, "AccessDenied", "Not authorized to perform this");
        }
        if by_token && request.form("WebIdentityToken").as_ref() != Some(&self.trusted) {
            let message = "No OpenIDConnect provider found in your account";
            return refused(400, "InvalidIdentityToken", message);
        }
        let (key, token) = self.new_key();
        let end = Timestamp::now() + SignedDuration::from_secs(self.lifetime);
        let name = request.form("RoleSessionName").unwrap_or_default();
        let body = format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <{action}Result><AssumedRoleUser><AssumedRoleId>AROA:{name}</AssumedRoleId>\
             <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/ci/{name}</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{end:.0}</Expiration></Credentials>\
             </{action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
             </{action}Response>"
        );
        Answer::new(200)
            .header("Content-Type", "text/xml")
            .body(body)
    }

    fn signed_for_sts(&self, request: &Request) -> Result<(), Answer> {
        let authorization = request.header("authorization").unwrap_or_default();
        let known = |key: &&String| authorization.contains(&format!("Credential={key}/"));
        match self.keys.keys().find(known) {
            Some(_) => Ok(()),
            None => Err(refused(403, "InvalidClientTokenId", "The token is invalid")),
        }
    }
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>"
    );
    Answer::new(status)
        .header("Content-Type", "text/xml")
        .body(body)
}
