use super::*;

fn selected(
    config: &str,
    credentials: &str,
    profile: Option<&str>,
    environment: &[(&str, &str)],
) -> Result<String, String> {
    let profiles = Profiles::of_texts(config, credentials);
    let get = |name: &str| {
        let mut found = environment.iter().filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| (*value).to_owned())
    };
    Selection::of(profile, get, &profiles)
        .map(|selection| {
            selection
                .label()
                .unwrap_or_else(|| "surroundings".to_owned())
        })
        .map_err(|error| error.to_string())
}

const KEYS: &str = "[dev]\naws_access_key_id = A\naws_secret_access_key = s\n";

#[test]
fn the_order_is_the_aws_clis() {
    let key = ("AWS_ACCESS_KEY_ID", "A");
    let profile = ("AWS_PROFILE", "dev");
    for (named, environment, expected) in [
        (Some("dev"), vec![key], "profile dev"),
        (None, vec![key, profile], "environment variables"),
        (None, vec![profile], "profile dev"),
        (None, vec![("AWS_DEFAULT_PROFILE", "dev")], "profile dev"),
        (None, vec![], "surroundings"),
        (None, vec![("AWS_PROFILE", "")], "surroundings"),
    ] {
        assert_eq!(selected("", KEYS, named, &environment).unwrap(), expected);
    }
    let default = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n";
    assert_eq!(selected("", default, None, &[]).unwrap(), "profile default");
}

#[test]
fn of_one_profile_that_has_several_sources_the_aws_clis_is_used() {
    let named = |config: &str, credentials: &str, profile: &str| {
        selected(config, credentials, Some(profile), &[]).unwrap()
    };
    let keys = "aws_access_key_id = A\naws_secret_access_key = s\n";
    let process = "credential_process = x\n";
    let login = "login_session = arn:aws:iam::1:user/x\n";
    let profile = |lines: &str| format!("[profile x]\n{lines}");
    // Keys of the config file come last, keys of the credentials file before a login and a process.
    let both = profile(&format!("{keys}{process}"));
    assert_eq!(named(&both, "", "x"), "profile x (credential process)");
    let credentials = format!("[x]\n{keys}");
    assert_eq!(named(&profile(login), &credentials, "x"), "profile x");
    assert_eq!(named(&profile(process), &credentials, "x"), "profile x");
    // A source with keys gives these, whatever role it assumes itself.
    let roles = format!(
        "[profile base]\nrole_arn = arn:aws:iam::1:role/One\nsource_profile = base\n{keys}\
         [profile x]\nrole_arn = arn:aws:iam::1:role/Two\nsource_profile = base\n"
    );
    let profiles = Profiles::of_texts(&roles, "");
    let source = ProfileSource::of(&profiles, "x", &mut Vec::new()).unwrap();
    let Some(ProfileSource::Role(role)) = source else {
        panic!("{source:?}");
    };
    assert!(matches!(role.base, ProfileSource::Keys(_)), "{role:?}");
    // A token of another pair does not stay beside the keys.
    let stale = profile("aws_session_token = old\n");
    let profiles = Profiles::of_texts(&stale, &credentials);
    assert!(!profiles.get("x").unwrap().contains_key("aws_session_token"));
    // A web identity of the environment comes before the keys of the default profile.
    let web = [("AWS_WEB_IDENTITY_TOKEN_FILE", "t"), ("AWS_ROLE_ARN", "r")];
    let default = format!("[default]\n{keys}");
    assert_eq!(selected("", &default, None, &web).unwrap(), "surroundings");
}

#[test]
fn what_was_named_and_is_not_there_stops_everything() {
    let config = include_str!("../../../tests/cases/23-aws-profile-that-does-not-exist/config");
    let credentials =
        include_str!("../../../tests/cases/23-aws-profile-that-does-not-exist/credentials");
    let named = |profile: &str| selected(config, credentials, None, &[("AWS_PROFILE", profile)]);
    let error = named("prdo").unwrap_err();
    assert!(
        error.contains("prdo does not exist. Did you mean prod? There are: dev, prod."),
        "{error}"
    );
    let error = named("prod").unwrap_err();
    assert!(error.contains("source_profile = gone"), "{error}");
    assert!(error.contains("There are: dev, prod."), "{error}");
    assert_eq!(named("dev").unwrap(), "profile dev");
    // Also with keys in the environment, as in the AWS CLI.
    let both = [("AWS_PROFILE", "prdo"), ("AWS_ACCESS_KEY_ID", "A")];
    assert!(selected(config, credentials, None, &both).is_err());
    // A profile without credentials never leads on to a container or an instance.
    let error = selected("[profile x]\nregion = eu-west-1\n", "", Some("x"), &[]).unwrap_err();
    assert!(
        error.contains("The profile x has no credentials"),
        "{error}"
    );
}

#[test]
fn each_kind_of_profile_is_known() {
    let config = include_str!("../../../tests/cases/19-mfa-serial-profile/config");
    let credentials = include_str!("../../../tests/cases/19-mfa-serial-profile/credentials");
    assert_eq!(
        selected(config, credentials, Some("admin-mfa"), &[]).unwrap(),
        "profile admin-mfa (role Admin, MFA)"
    );
    let config = include_str!("../../../tests/cases/21-sso-session-with-blanks/config");
    assert_eq!(
        selected(config, "", Some("work"), &[]).unwrap(),
        "profile work (Identity Center)"
    );
    let config = include_str!("../../../tests/cases/26-credential-process-that-asks/config");
    assert_eq!(
        selected(config, "", Some("slow"), &[]).unwrap(),
        "profile slow (credential process)"
    );
    let own = "[profile self]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = self\n\
               aws_access_key_id = A\naws_secret_access_key = s\n";
    assert_eq!(
        selected(own, "", Some("self"), &[]).unwrap(),
        "profile self (role R)"
    );
}

#[test]
fn what_is_wrong_with_a_profile_is_named() {
    for (config, expected) in [
        (
            "[profile x]\nrole_arn = a\nsource_profile = y\n[profile y]\nrole_arn = b\nsource_profile = x\n",
            "lead to each other",
        ),
        (
            "[profile x]\nrole_arn = a\n",
            "needs either source_profile or credential_source",
        ),
        (
            "[profile x]\nrole_arn = a\ncredential_source = Moon\n",
            "credential_source = Moon",
        ),
        (
            "[profile x]\nsso_session = Gone\nsso_account_id = 1\nsso_role_name = r\n",
            "no section [sso-session Gone]",
        ),
        (
            "[profile x]\naws_access_key_id = A\n",
            "no aws_secret_access_key",
        ),
    ] {
        let error = selected(config, "", Some("x"), &[]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
