//! One operation of an API.

use regex::Regex;
use serde_json::{Value, json};

use super::document::resolve;
use super::schema;
use crate::support::vendor::{Request, decoded};

/// One operation of an API.
#[derive(Debug)]
pub struct Operation {
    pub method: String,
    /// Its path without the base: `/repositories/{name}/tags`.
    pub template: String,
    pub parameters: Vec<Parameter>,
    pub body: Body,
    /// How requests name it, where that is not by method and path.
    pub name: Option<Name>,
    path: Option<Regex>,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub required: bool,
    pub schema: Value,
}

/// Where a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
    /// A field of a form in the body.
    Form,
}

/// What a request's body is.
#[derive(Debug, Clone)]
pub enum Body {
    /// There is none.
    None,
    /// The parameters of [`Place::Form`].
    Form,
    /// Schemas by media type.
    Typed {
        required: bool,
        types: Vec<(String, Value)>,
    },
}

/// A pair that names an operation: a header, or a field of a form.
#[derive(Debug, Clone)]
pub struct Name {
    pub place: Place,
    pub key: &'static str,
    pub value: String,
}

impl Operation {
    /// One without parameters and body.
    pub fn new(method: &str, template: &str) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            template: template.to_owned(),
            parameters: Vec::new(),
            body: Body::None,
            name: None,
            path: None,
        }
    }

    /// Prepares [`Self::matches`].
    pub fn compile(&mut self, base: &str, spanning: &[String]) {
        let mut pattern = format!("^{}", regex::escape(base));
        let mut names = 0;
        for part in self.template.split_inclusive('}') {
            let (literal, name) = part.split_once('{').unwrap_or((part, ""));
            pattern.push_str(&regex::escape(literal));
            let Some(name) = name.strip_suffix('}') else {
                continue;
            };
            let is_spanning = spanning.iter().any(|spanning| spanning == name);
            let any = if is_spanning { ".+" } else { "[^/]+" };
            pattern.push_str(&format!("(?P<p{names}>{any})"));
            names += 1;
        }
        pattern.push('$');
        self.path = Some(Regex::new(&pattern).unwrap());
    }

    /// Whether a path is this one's.
    pub fn matches(&self, path: &str) -> bool {
        self.path.as_ref().is_some_and(|own| own.is_match(path))
    }

    /// How much of its path is said literally.
    pub fn literal(&self) -> usize {
        let parts = self.template.split('}');
        parts
            .map(|part| part.split('{').next().unwrap_or_default().len())
            .sum()
    }

    /// Whether a request names this operation, beside by its method and path.
    pub fn is_named_by(&self, request: &Request) -> bool {
        self.name.as_ref().is_none_or(|name| {
            let found = match name.place {
                Place::Header => request.header(name.key).map(str::to_owned),
                _ => request.form(name.key),
            };
            found.as_ref() == Some(&name.value)
        })
    }

    /// Whether a header, in lower case, is a parameter.
    pub fn has_header(&self, name: &str) -> bool {
        let mut own = self.at(Place::Header);
        own.any(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }

    fn at(&self, place: Place) -> impl Iterator<Item = &Parameter> {
        let parameters = self.parameters.iter();
        parameters.filter(move |parameter| parameter.place == place)
    }

    /// Checks parameters and body.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, request: &Request, document: &Value) -> Result<(), String> {
        self.check_path(request, document)?;
        self.check_pairs(Place::Query, &request.query, document)?;
        for parameter in self.at(Place::Header) {
            match request.header(&parameter.name.to_ascii_lowercase()) {
                Some(value) => parameter.check(&[value], document)?,
                None if parameter.required => return Err(parameter.missing()),
                None => {}
            }
        }
        self.check_body(request, document)
    }

    fn check_path(&self, request: &Request, document: &Value) -> Result<(), String> {
        let names = self.template.split('{').skip(1);
        let names = names.filter_map(|part| part.split('}').next());
        let captures = self
            .path
            .as_ref()
            .and_then(|path| path.captures(&request.path));
        for (at, name) in names.enumerate() {
            let value = captures.as_ref().and_then(|c| c.name(&format!("p{at}")));
            let value = decoded(value.map_or("", |found| found.as_str()));
            if let Some(parameter) = self.at(Place::Path).find(|own| own.name == name) {
                parameter.check(&[&value], document)?;
            }
        }
        Ok(())
    }

    fn check_pairs(
        &self,
        place: Place,
        pairs: &[(String, String)],
        document: &Value,
    ) -> Result<(), String> {
        let known = |name: &String| self.at(place).any(|parameter| parameter.name == *name);
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !known(name)) {
            return Err(format!("{} {name} is unknown", place.word()));
        }
        for parameter in self.at(place) {
            let values = pairs.iter().filter(|(name, _)| *name == parameter.name);
            let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
            if !values.is_empty() {
                parameter.check(&values, document)?;
            } else if parameter.required {
                return Err(parameter.missing());
            }
        }
        Ok(())
    }

    fn check_body(&self, request: &Request, document: &Value) -> Result<(), String> {
        let header = request.header("content-type").unwrap_or_default();
        let sent = header.split(';').next().unwrap_or_default().trim();
        let types = match &self.body {
            Body::None if request.body.is_empty() => return Ok(()),
            Body::None => return Err("a body is unknown".to_owned()),
            Body::Form if sent != FORM => return Err(format!("the body is not a form: {sent:?}")),
            Body::Form => return self.check_pairs(Place::Form, &request.forms(), document),
            Body::Typed { required, .. } if request.body.is_empty() => {
                let missing = || "the body is missing".to_owned();
                return if *required { Err(missing()) } else { Ok(()) };
            }
            Body::Typed { types, .. } => types,
        };
        let Some((_, schema)) = types.iter().find(|(known, _)| known == sent) else {
            return Err(format!("the body has the unknown type {sent:?}"));
        };
        if sent == FORM {
            return self.check_form(request, schema, document);
        }
        if !sent.contains("json") {
            return Ok(());
        }
        let value = serde_json::from_slice(&request.body);
        let value: Value = value.map_err(|e| format!("the body is not JSON: {e}"))?;
        schema::check(document, schema, &value, "body")
    }

    /// A form against the schema of an object, whose fields are text.
    fn check_form(
        &self,
        request: &Request,
        schema: &Value,
        document: &Value,
    ) -> Result<(), String> {
        let schema = resolve(document, schema);
        let fields = request.forms().into_iter().map(|(name, value)| {
            let schema = &schema["properties"][name.as_str()];
            let value = typed(resolve(document, schema), &value);
            (name, value)
        });
        let object: Value = fields.collect();
        schema::check(document, schema, &object, "body")
    }
}

/// The type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::Path => "path parameter",
            Self::Query => "parameter",
            Self::Header => "header",
            Self::Form => "field",
        }
    }
}

impl Parameter {
    fn at(&self) -> String {
        format!("{} {}", self.place.word(), self.name)
    }

    fn missing(&self) -> String {
        format!("{} is missing", self.at())
    }

    /// Checks its values: several are a list.
    fn check(&self, values: &[&str], document: &Value) -> Result<(), String> {
        let schema = resolve(document, &self.schema);
        let value = match (schema["type"].as_str(), values) {
            (Some("array"), [one]) => items(document, schema, &mut one.split(',')),
            (Some("array"), several) => items(document, schema, &mut several.iter().copied()),
            (_, [one]) => typed(schema, one),
            _ => return Err(format!("{} is given twice", self.at())),
        };
        schema::check(document, schema, &value, &self.at())
    }
}

fn items(document: &Value, schema: &Value, texts: &mut dyn Iterator<Item = &str>) -> Value {
    let schema = resolve(document, &schema["items"]);
    texts.map(|text| typed(schema, text)).collect()
}

/// What text means, where a schema wants something else; text where it means nothing else.
fn typed(schema: &Value, text: &str) -> Value {
    let wanted = schema["type"].as_str().unwrap_or_default();
    let value = match wanted {
        "integer" => text.parse::<i64>().ok().map(|number| json!(number)),
        "number" => text.parse::<f64>().ok().map(|number| json!(number)),
        "boolean" => text.parse::<bool>().ok().map(|truth| json!(truth)),
        _ => None,
    };
    value.unwrap_or_else(|| json!(text))
}
