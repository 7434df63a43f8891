//! Which hosts are Amazon's, and which endpoint each is asked at.

use super::{World, run};
use crate::support::brands::ecr::ACCOUNT;

/// The SDK knows the endpoints of all partitions; none of them is guessed here.
#[test]
fn each_form_of_host_has_its_endpoint() {
    let world = World::new();
    for (host, endpoint) in [
        (
            "dkr.ecr.us-east-1.amazonaws.com",
            "api.ecr.us-east-1.amazonaws.com",
        ),
        (
            "dkr.ecr-fips.us-east-1.amazonaws.com",
            "api.ecr-fips.us-east-1.amazonaws.com",
        ),
        ("dkr-ecr.us-east-1.on.aws", "ecr.us-east-1.api.aws"),
        (
            "dkr.ecr.cn-north-1.amazonaws.com.cn",
            "api.ecr.cn-north-1.amazonaws.com.cn",
        ),
        (
            "dkr.ecr.eusc-de-east-1.amazonaws.eu",
            "api.ecr.eusc-de-east-1.amazonaws.eu",
        ),
        (
            "dkr.ecr.us-iso-east-1.c2s.ic.gov",
            "api.ecr.us-iso-east-1.c2s.ic.gov",
        ),
        (
            "dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
            "api.ecr.us-isob-east-1.sc2s.sgov.gov",
        ),
    ] {
        world.network.forget();
        let name = format!("{ACCOUNT}.{host}/app:v1");
        let words = ["untag", &name, "--retry-timeout", "0s"];
        let (code, _, said) = run(world.home.path(), &world.environment, &words);
        assert_eq!(code, 1, "{said}");
        let seen = world.network.seen();
        assert_eq!(seen, [format!("CONNECT {endpoint} 502")], "{host}");
    }
}
