//! The hosts of Amazon's registries, and what they say of where the registry is.

/// A registry of Amazon's, by its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EcrHost {
    /// One of an account in a region.
    Private {
        /// The account's number.
        account: String,
        /// Where in the world.
        location: Location,
    },
    /// ECR Public, which all accounts share.
    Public,
}

/// Which of the endpoints of a service is to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// The region, such as `eu-central-1`; without it that of the environment counts.
    pub region: Option<String>,
    /// Only cryptography that FIPS 140 approves.
    pub is_fips: bool,
    /// By IPv6 too.
    pub is_dual_stack: bool,
}

/// The only region in which ECR Public has an API.
const PUBLIC_REGION: &str = "us-east-1";

/// Both names of ECR Public, the second one for IPv6 too.
const PUBLIC: [&str; 2] = ["public.ecr.aws", "ecr-public.aws.com"];

/// What follows the region in hosts by IPv4, in all of Amazon's partitions (the pattern of
/// amazon-ecr-credential-helper, `ecr-login/api/client.go`).
const SUFFIXES: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "sc2s.sgov.gov",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// The same by IPv6 too.
const DUAL_STACK_SUFFIXES: [&str; 2] = ["on.aws", "on.amazonwebservices.com.cn"];

impl EcrHost {
    /// Reads a host, with or without the port of HTTPS, in lower case.
    pub fn parse(registry: &str) -> Option<Self> {
        let host = registry.strip_suffix(":443").unwrap_or(registry);
        if PUBLIC.contains(&host) {
            return Some(Self::Public);
        }
        let (account, rest) = host.split_once('.')?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let rest = rest
            .strip_prefix("dkr.ecr")
            .or_else(|| rest.strip_prefix("dkr-ecr"))
            .filter(|_| is_account)?;
        let (rest, is_fips) = match rest.strip_prefix("-fips") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (region, suffix) = rest.strip_prefix('.')?.split_once('.')?;
        let is_dual_stack = DUAL_STACK_SUFFIXES.contains(&suffix);
        if !is_region(region) || !(is_dual_stack || SUFFIXES.contains(&suffix)) {
            return None;
        }
        Some(Self::Private {
            account: account.to_owned(),
            location: Location {
                region: Some(region.to_owned()),
                is_fips,
                is_dual_stack,
            },
        })
    }

    /// Where its API is.
    pub fn location(&self) -> Location {
        match self {
            Self::Private { location, .. } => location.clone(),
            Self::Public => Location {
                region: Some(PUBLIC_REGION.to_owned()),
                ..Location::default()
            },
        }
    }
}

fn is_region(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && !text.starts_with(['-', '_']) && text.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::{EcrHost, Location};

    #[test]
    fn hosts_of_all_partitions() {
        let (v4, fips, dual) = ((false, false), (true, false), (false, true));
        for (rest, region, (is_fips, is_dual_stack)) in [
            ("dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1", v4),
            ("dkr.ecr.us-east-1.amazonaws.com:443", "us-east-1", v4),
            (
                "dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
                fips,
            ),
            ("dkr-ecr.us-west-2.on.aws", "us-west-2", dual),
            ("dkr-ecr-fips.us-east-2.on.aws", "us-east-2", (true, true)),
            ("dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", v4),
            (
                "dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn",
                "cn-northwest-1",
                dual,
            ),
            ("dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", v4),
            ("dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", v4),
            ("dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", v4),
            (
                "dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
                "eu-isoe-west-1",
                v4,
            ),
            (
                "dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
                "us-isof-south-1",
                v4,
            ),
        ] {
            let host = format!("012345678901.{rest}");
            let location = Location {
                region: Some(region.to_owned()),
                is_fips,
                is_dual_stack,
            };
            let account = "012345678901".to_owned();
            let expected = EcrHost::Private { account, location };
            assert_eq!(EcrHost::parse(&host), Some(expected), "{host}");
        }
        for host in ["public.ecr.aws", "ecr-public.aws.com", "public.ecr.aws:443"] {
            assert_eq!(EcrHost::parse(host), Some(EcrHost::Public));
        }
    }

    #[test]
    fn hosts_of_others() {
        for host in [
            "",
            "amazonaws.com",
            "12345678901.dkr.ecr.us-east-1.amazonaws.com",
            "0123456789012.dkr.ecr.us-east-1.amazonaws.com",
            "01234567890a.dkr.ecr.us-east-1.amazonaws.com",
            "012345678901.dkr.ecr.us-east-1.amazonaws.com.example.com",
            "012345678901.dkr.ecr.us-east-1.amazonaws.com:5000",
            "012345678901.dkr.ecr.-x.amazonaws.com",
            "012345678901.dkr.ecr..amazonaws.com",
            "012345678901.dkr_ecr.us-east-1.amazonaws.com",
            "012345678901.dkr.ecr.us-east-1.evil.amazonaws.com",
            "x.public.ecr.aws",
            "public.ecr.aws.example.com",
            "api.ecr.us-east-1.amazonaws.com",
        ] {
            assert_eq!(EcrHost::parse(host), None, "{host}");
        }
    }
}
