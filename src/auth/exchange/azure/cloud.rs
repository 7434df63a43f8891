//! Azure's clouds: their registries' hosts, and who vouches for identities there.

use crate::address::registry_of;
use crate::auth::Context;

/// One of Azure's clouds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cloud {
    /// The end of its registries' hosts.
    suffix: &'static str,
    /// Microsoft Entra ID there (`AzureAuthorityHosts` of Microsoft's identity libraries).
    pub authority: &'static str,
    /// The audience of ID tokens that Entra ID exchanges for tokens of its own (Microsoft Graph,
    /// `federatedIdentityCredential`).
    pub federation: &'static str,
}

/// The audience of the tokens that registries take, in all clouds. Tokens for Azure Resource
/// Manager would be taken too, unless the registry forbids it.
pub(super) const AUDIENCE: &str = "https://containerregistry.azure.net";

/// The public cloud first: it counts where a host names none.
static CLOUDS: [Cloud; 3] = [
    Cloud {
        suffix: ".azurecr.io",
        authority: "https://login.microsoftonline.com/",
        federation: "api://AzureADTokenExchange",
    },
    Cloud {
        suffix: ".azurecr.cn",
        authority: "https://login.chinacloudapi.cn/",
        federation: "api://AzureADTokenExchangeChina",
    },
    Cloud {
        suffix: ".azurecr.us",
        authority: "https://login.microsoftonline.us/",
        federation: "api://AzureADTokenExchangeUSGov",
    },
];

impl Cloud {
    /// The one of a registry.
    pub(super) fn of(registry: &str) -> &'static Self {
        let [public, ..] = &CLOUDS;
        of_host(registry).unwrap_or(public)
    }
}

/// Whether this is the host of an Azure Container Registry: `NAME.azurecr.io`, or the endpoint of
/// one region, `NAME.REGION.geo.azurecr.io`. `NAME.REGION.data.azurecr.io` is none: registries
/// send there for blobs.
pub fn is_azure_host(registry: &str) -> bool {
    of_host(registry).is_some()
}

fn of_host(registry: &str) -> Option<&'static Cloud> {
    let host = registry.strip_suffix(":443").unwrap_or(registry);
    CLOUDS.iter().find(|cloud| {
        let Some(name) = host.strip_suffix(cloud.suffix) else {
            return false;
        };
        let labels: Vec<&str> = name.split('.').collect();
        match labels.as_slice() {
            [name] => is_label(name),
            [name, region, "geo"] => is_label(name) && is_label(region),
            _ => false,
        }
    })
}

fn is_label(label: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty() && label.bytes().all(sign)
}

/// Whether the environment says that a registry with a domain of its own is Azure's: it is that of
/// `WERF_REPO`, and the brand is named.
pub(super) fn is_named(registry: &str, context: &Context) -> bool {
    let env = &context.env;
    let brand = ["WERF_REPO_CONTAINER_REGISTRY", "WERF_REPO_IMPLEMENTATION"];
    let repository = env.utf8("WERF_REPO").and_then(registry_of);
    let brand = brand.iter().find_map(|name| env.utf8(name));
    brand == Some("acr") && repository.as_deref() == Some(registry)
}

#[cfg(test)]
mod tests {
    use super::{Cloud, is_azure_host};

    #[test]
    fn hosts_of_registries() {
        for (host, federation) in [
            ("contoso.azurecr.io", "api://AzureADTokenExchange"),
            ("contoso-hash1.azurecr.io:443", "api://AzureADTokenExchange"),
            (
                "contoso.eastus.geo.azurecr.io",
                "api://AzureADTokenExchange",
            ),
            ("contoso.azurecr.cn", "api://AzureADTokenExchangeChina"),
            ("contoso.azurecr.us", "api://AzureADTokenExchangeUSGov"),
        ] {
            assert!(is_azure_host(host), "{host}");
            assert_eq!(Cloud::of(host).federation, federation);
        }
        for host in [
            "contoso.eastus.data.azurecr.io",
            "azurecr.io",
            ".azurecr.io",
            "a.b.azurecr.io",
            "contoso.geo.azurecr.io",
            "contoso.azurecr.io:5000",
            "contoso.azurecr.io.evil.example",
            "contoso_azurecr.io",
            "Contoso.azurecr.io",
            "registry.contoso.example",
        ] {
            assert!(!is_azure_host(host), "{host}");
            assert_eq!(Cloud::of(host).federation, "api://AzureADTokenExchange");
        }
    }
}
