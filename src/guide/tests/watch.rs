//! What the guide makes of one reading after another.

use serde_json::json;

use super::super::*;
use super::{ACCOUNT, SAGEMAKER, choices, role, standard, survey};
use crate::model::Partition;
use crate::policy::template::Place;

/// A guide of one SageMaker role, its trust policy, and what a reading of it makes.
struct Watch {
    guide: Guide,
    choices: Choices,
}

impl Watch {
    fn new() -> Self {
        Self {
            guide: Guide::default(),
            choices: Choices {
                user_roles: Vec::new(),
                ..choices("eu-west-1")
            },
        }
    }

    /// The trust step's page when the policy has these statements.
    fn sees(&mut self, statements: &serde_json::Value) -> Instructions {
        let trust = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        self.sees_reading(role("eu-west-1", "S", "/", &trust), "trust:S")
    }

    fn sees_reading(&mut self, reading: RoleReading, id: &str) -> Instructions {
        let survey = survey("eu-west-1", standard(), vec![reading]);
        let plan = Plan::new(&survey, &self.choices);
        self.guide.observe(&plan, &survey);
        let item = plan.items.iter().find(|item| item.target.to_string() == id);
        self.guide.page(item.unwrap(), &plan, &survey, None)
    }
}

fn allow(sid: &str, principal: &serde_json::Value) -> serde_json::Value {
    json!({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

fn sagemaker() -> serde_json::Value {
    allow("SageMaker", &json!({"Service": "sagemaker.amazonaws.com"}))
}

fn systems_manager() -> serde_json::Value {
    json!({"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"})
}

fn root() -> serde_json::Value {
    json!({"AWS": "arn:aws:iam::123456789012:root"})
}

fn names(page: &Instructions) -> Vec<&str> {
    page.lost.iter().map(|lost| lost.name.as_str()).collect()
}

fn pasted(page: &Instructions) -> Vec<serde_json::Value> {
    let text = &page.paste.as_ref().unwrap().text;
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    value["Statement"].as_array().unwrap().clone()
}

#[test]
fn a_mistake_of_a_paste_is_named_and_not_wanted_back() {
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker()]));
    let oops = allow("Oops", &json!({"AWS": "*"}));
    let page = watch.sees(&json!([sagemaker(), systems_manager(), oops]));
    assert_eq!(page.new, ["\"Oops\""]);
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!((page.status, page.lost), (StepStatus::InPlace, Vec::new()));
    // Half of what was there is nothing new.
    let mut both = sagemaker();
    both["Principal"] = json!({"Service": ["sagemaker.amazonaws.com", "codebuild.amazonaws.com"]});
    let mut other = Watch::new();
    other.sees(&json!([both]));
    assert_eq!(other.sees(&json!([sagemaker()])).new, Vec::<String>::new());
    // A mistyped service as well.
    let mistyped = allow("", &json!({"Service": "ssm.eu-west-1.amazonaws.com"}));
    watch.sees(&json!([sagemaker(), mistyped]));
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!((page.status, page.lost), (StepStatus::InPlace, Vec::new()));
}

#[test]
fn what_a_colleague_adds_stays_too() {
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker()]));
    let colleague = allow("Colleague", &root());
    let page = watch.sees(&json!([sagemaker(), colleague]));
    assert!(pasted(&page).contains(&colleague));
    // It was not there when the guide began, so that it is named and not demanded back.
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!((&page.status, names(&page)), (&StepStatus::InPlace, vec![]));
    assert!(page.hints[0].contains("Somebody added \"Colleague\""));
    assert!(pasted(&page).contains(&colleague));
}

#[test]
fn a_slip_is_no_baseline() {
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker()]));
    let slip = allow("", &json!({"Service": "sms.amazonaws.com"}));
    let page = watch.sees(&json!([sagemaker(), slip]));
    assert_eq!(
        page.sentence,
        "Not right yet: a statement was meant for Systems Manager, but it does not let it in from this account."
    );
    assert_eq!(page.new, [""; 0]);
    let StepStatus::Differs(deviations) = &page.status else {
        panic!("{:?}", page.status);
    };
    let sentence = deviations[0].sentence();
    assert!(
        sentence.contains("sms.amazonaws.com has to be ssm.amazonaws.com"),
        "{sentence}"
    );
    assert_eq!(pasted(&page), [sagemaker(), systems_manager()]);
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!(
        (page.status, page.lost, page.hints),
        (StepStatus::InPlace, vec![], vec![])
    );
    // Another service is somebody else's statement, and stays in the text.
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker()]));
    let sns = allow("Topic", &json!({"Service": "sns.amazonaws.com"}));
    let page = watch.sees(&json!([sagemaker(), sns]));
    assert_eq!(page.new, ["\"Topic\""]);
    assert_eq!(pasted(&page), [sagemaker(), sns, systems_manager()]);
}

#[test]
fn what_was_meant_to_go_can_be_taken_back_and_its_restoring_is_no_news() {
    let mut watch = Watch::new();
    let partner = allow("Partner", &root());
    watch.sees(&json!([sagemaker(), partner]));
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!(names(&page), ["\"Partner\""]);
    let trust = json!({"Version": "2012-10-17", "Statement": [sagemaker(), systems_manager()]});
    let reading = role("eu-west-1", "S", "/", &trust.to_string());
    let survey = survey("eu-west-1", standard(), vec![reading]);
    let plan = Plan::new(&survey, &watch.choices);
    let mut items = plan.items.iter();
    let item = items
        .find(|item| item.target.to_string() == "trust:S")
        .unwrap();
    watch.guide.let_go(&item.target, &survey);
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!(page.status, StepStatus::InPlace);
    assert_eq!(
        (names(&page), page.let_go.clone()),
        (vec![], vec!["\"Partner\"".to_owned()])
    );
    // Somebody restores it: it was there when the guide began.
    let page = watch.sees(&json!([sagemaker(), partner, systems_manager()]));
    assert_eq!((page.new, page.let_go), (vec![], Vec::<String>::new()));
    // Taken back, it is missed again.
    watch.guide.tick(item, &survey);
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!(
        (page.status.clone(), names(&page)),
        (StepStatus::Lost, vec!["\"Partner\""])
    );
}

#[test]
fn a_permission_set_without_a_policy_has_nothing_to_lose() {
    let name = "AWSReservedSSO_Data_0123456789abcdef";
    let id = format!("policy:{name}/SSHSageMakerClientPolicy");
    let mut watch = Watch::new();
    watch.choices.user_roles = vec![name.into()];
    let set = |text: Option<String>| {
        let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
        let mut reading = role("eu-west-1", name, path, SAGEMAKER);
        reading
            .inline
            .extend(text.map(|text| ("AwsSSOInlinePolicy".to_owned(), text)));
        reading
    };
    let page = watch.sees_reading(set(None), &id);
    let right = page.paste.unwrap().text;
    let page = watch.sees_reading(set(Some(right.replace(ACCOUNT, "<<ACCOUNT_ID>>"))), &id);
    let StepStatus::Differs(deviations) = &page.status else {
        panic!("{:?}", page.status);
    };
    let said: Vec<String> = deviations
        .iter()
        .map(deviation::Deviation::sentence)
        .collect();
    let said = said.join("\n");
    assert!(
        said.contains("<<ACCOUNT_ID>> is a placeholder of the manual; it has to be 123456789012."),
        "{said}"
    );
    let page = watch.sees_reading(set(Some(right)), &id);
    assert_eq!((page.status, page.lost), (StepStatus::InPlace, Vec::new()));
}

#[test]
fn a_statement_that_was_changed_comes_back_in_its_own_place() {
    let mut watch = Watch::new();
    let partner = allow("Partner", &root());
    watch.sees(&json!([sagemaker(), partner]));
    let other = allow("Partner", &json!({"AWS": "arn:aws:iam::210987654321:root"}));
    let page = watch.sees(&json!([sagemaker(), other, systems_manager()]));
    assert_eq!(names(&page), ["\"Partner\""]);
    assert_eq!(pasted(&page), [sagemaker(), partner, systems_manager()]);
}

#[test]
fn a_guardrail_is_kept_and_a_denial_that_is_in_the_way_is_not() {
    let mut guardrail =
        json!({"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"});
    guardrail["Condition"] = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}});
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker(), guardrail]));
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!(names(&page), ["\"Guard\""]);

    let denial = json!({"Sid": "NoSsm", "Effect": "Deny", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:*"});
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker(), denial]));
    let page = watch.sees(&json!([sagemaker(), systems_manager()]));
    assert_eq!((page.status, page.lost), (StepStatus::InPlace, Vec::new()));
}

#[test]
fn the_living_of_a_statement_are_kept_when_the_deleted_are_taken_out() {
    let mixed = |more: &[&str]| {
        let mut people = more.to_vec();
        people.push("arn:aws:iam::123456789012:root");
        allow("People", &json!({"AWS": people}))
    };
    let mut watch = Watch::new();
    let page = watch.sees(&json!([sagemaker(), mixed(&["AROAEXAMPLEDELETED012"])]));
    assert!(page.way.join("\n").contains("take the statement out"));
    let page = watch.sees(&json!([sagemaker(), mixed(&[])]));
    assert_eq!((page.status, page.lost), (StepStatus::NotYet, Vec::new()));
    let page = watch.sees(&json!([sagemaker()]));
    assert_eq!(names(&page), ["\"People\""]);
}

#[test]
fn a_wrong_statement_that_was_pasted_is_replaced_and_one_that_was_there_is_not() {
    let wrong = |account: &str| {
        let mut statement = systems_manager();
        statement["Condition"] = json!({"StringEquals": {"aws:SourceAccount": account}});
        statement
    };
    let mut watch = Watch::new();
    watch.sees(&json!([sagemaker()]));
    let page = watch.sees(&json!([sagemaker(), wrong("999999999999")]));
    assert!(matches!(&page.status, StepStatus::Differs(deviations) if deviations.len() == 1));
    assert_eq!(pasted(&page), [sagemaker(), systems_manager()]);

    let mut watch = Watch::new();
    let page = watch.sees(&json!([sagemaker(), wrong("999999999999")]));
    assert_eq!(page.status, StepStatus::NotYet);
    assert_eq!(
        pasted(&page),
        [sagemaker(), wrong("999999999999"), systems_manager()]
    );
}

#[test]
fn what_would_be_too_long_is_shown_by_itself() {
    let mut watch = Watch::new();
    let long = allow(&"x".repeat(1700), &root());
    watch.sees(&json!([sagemaker(), long]));
    let others = allow(
        &"y".repeat(1000),
        &json!({"AWS": "arn:aws:iam::210987654321:root"}),
    );
    let page = watch.sees(&json!([sagemaker(), systems_manager(), others]));
    assert_eq!(page.lost.len(), 1);
    assert_eq!(page.paste, None);
    assert!(page.lost[0].text.contains("xxxx"));
}

#[test]
fn a_permission_sets_policy_is_watched_like_a_trust_policy() {
    let name = "AWSReservedSSO_Data_0123456789abcdef";
    let id = format!("policy:{name}/SSHSageMakerClientPolicy");
    let mut watch = Watch::new();
    watch.choices.user_roles = vec![name.into()];
    let set = |text: Option<&str>| {
        let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
        let mut reading = role("eu-west-1", name, path, SAGEMAKER);
        let text = text.map(str::to_owned);
        reading
            .inline
            .extend(text.map(|text| ("AwsSSOInlinePolicy".to_owned(), text)));
        reading
    };
    let own = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let page = watch.sees_reading(set(Some(own)), &id);
    assert_eq!(page.status, StepStatus::Elsewhere);
    assert!(
        page.way[0].contains("in the region eu-west-1"),
        "{:?}",
        page.way
    );
    assert!(page.link.unwrap().contains("region=eu-west-1"));
    let merged = page.paste.unwrap().text;
    // One statement wrong: it is named, and is not in the text again.
    let wrong = merged.replace("ssm:TerminateSession", "ssm:TerminateSesion");
    let page = watch.sees_reading(set(Some(&wrong)), &id);
    let StepStatus::Differs(deviations) = &page.status else {
        panic!("{:?}", page.status);
    };
    assert_eq!(
        deviations[0].sentence(),
        "Statement 4 differs: ssm:TerminateSesion has to be ssm:TerminateSession."
    );
    let again = page.paste.unwrap().text;
    assert!(!again.contains("ssm:TerminateSesion"), "{again}");
    // Right, and the way to it leads through the set.
    let page = watch.sees_reading(set(Some(&again)), &id);
    assert_eq!(page.status, StepStatus::InPlace);
    assert!(page.way.join("\n").contains("Permission sets, then Data"));
    // The set's own statements must not go, nor all of it.
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: ACCOUNT,
    };
    let client = place.client_policy(false).unwrap();
    let page = watch.sees_reading(set(Some(client.text())), &id);
    assert_eq!(
        (page.status.clone(), names(&page)),
        (StepStatus::Lost, vec!["\"Own\""])
    );
    assert!(page.paste.unwrap().file.starts_with("permission-set-Data"));
    let page = watch.sees_reading(set(None), &id);
    assert_eq!(names(&page), ["\"Own\""]);
    assert!(page.paste.unwrap().text.contains("\"Own\""));
}
