//! A config with nothing but logins, for whoever pulls in place of the job.

use super::config::Config;
use super::credential::Credential;

/// The text of a config with these logins, by the keys under which they are looked for. Each has
/// `auth` only.
pub fn pull_config<'l>(logins: impl IntoIterator<Item = (&'l str, &'l Credential)>) -> Vec<u8> {
    let mut config = Config::default();
    for (key, credential) in logins {
        config.set_entry(key, credential.entry());
    }
    config.to_bytes()
}

#[cfg(test)]
mod tests {
    use super::pull_config;
    use crate::docker::Credential;

    #[test]
    fn each_login_is_under_its_key() {
        let (one, two) = (
            Credential::password("u", "p"),
            Credential::password("v", "q"),
        );
        let text = pull_config([("https://index.docker.io/v1/", &one), ("r.io/team", &two)]);
        let expected = "{\n\t\"auths\": {\n\
            \t\t\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t},\n\
            \t\t\"r.io/team\": {\n\t\t\t\"auth\": \"djpx\"\n\t\t}\n\t}\n}";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
