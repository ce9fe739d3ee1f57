//! What stands between braces on a page of claims, taken apart.

/// A number that is worked out.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// As written.
    Number(f64),
    /// A named number of the page, or a column of the row that a line is written for.
    Name(String),
    /// Something looked up in the tables of a run.
    Lookup(String, Vec<Argument>),
    /// Two numbers taken together.
    Binary(Box<Expression>, Operator, Box<Expression>),
}

/// How two numbers are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// What a lookup is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A name.
    Word(String),
    /// What holds of the rows that are meant.
    Condition(Condition),
}

/// What holds of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// How it stands to what follows.
    pub relation: Relation,
    /// A cell as written; of `<` and its like a number or a column, times `factor`.
    pub than: String,
    /// See `than`.
    pub factor: f64,
}

/// How two numbers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Relation {
    /// The longer signs first.
    const SIGNS: [(&str, Self); 5] =
        [("<=", Self::AtMost), (">=", Self::AtLeast), ("=", Self::Equal), ("<", Self::Less), (">", Self::More)];

    /// Whether `a` stands so to `b`.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::More => a > b,
            Self::AtLeast => a >= b,
        }
    }
}

/// Deepest nesting of brackets.
const DEEPEST: usize = 50;

/// Takes an expression apart; what is wrong with it, where it is none.
pub fn expression(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let found = parser.sum()?;
    match parser.rest() {
        "" => Ok(found),
        rest => Err(format!("`{rest}` is too much")),
    }
}

/// Takes `EXPRESSION < EXPRESSION` apart, with any of the signs; nothing where there is no sign outside brackets.
pub fn comparison(text: &str) -> Result<Option<(Expression, Relation, Expression)>, String> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let left = parser.sum()?;
    let rest = parser.rest();
    let Some((sign, relation)) = Relation::SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign)) else {
        return Ok(None);
    };
    Ok(Some((left, relation, expression(&rest[sign.len()..])?)))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].trim_end()
    }

    /// Whether a sign comes next, which is then read.
    fn takes(&mut self, sign: char) -> bool {
        let takes = self.rest().starts_with(sign);
        self.at += if takes { sign.len_utf8() } else { 0 };
        takes
    }

    fn sum(&mut self) -> Result<Expression, String> {
        self.chain([('+', Operator::Add), ('-', Operator::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Expression, String> {
        self.chain([('*', Operator::Multiply), ('/', Operator::Divide)], Self::factor)
    }

    /// Terms with any of the signs between them, taken together from the left.
    fn chain(
        &mut self,
        signs: [(char, Operator); 2],
        term: fn(&mut Self) -> Result<Expression, String>,
    ) -> Result<Expression, String> {
        let mut all = term(self)?;
        while let Some((_, operator)) = signs.into_iter().find(|(sign, _)| self.takes(*sign)) {
            all = Expression::Binary(Box::new(all), operator, Box::new(term(self)?));
        }
        Ok(all)
    }

    fn factor(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("is nested deeper than {DEEPEST} times"));
        }
        let found = self.factor_within();
        self.depth -= 1;
        found
    }

    fn factor_within(&mut self) -> Result<Expression, String> {
        if self.takes('-') {
            let negative =
                Expression::Binary(Box::new(Expression::Number(-1.0)), Operator::Multiply, Box::new(self.factor()?));
            return Ok(negative);
        }
        if self.takes('(') {
            let inner = self.sum()?;
            return if self.takes(')') { Ok(inner) } else { Err("a bracket is not closed".to_owned()) };
        }
        let rest = self.rest();
        let word: &str = &rest[..rest.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(match rest.is_empty() {
                true => "a number is missing at the end".to_owned(),
                false => format!("a number is missing before `{rest}`"),
            });
        }
        self.at += word.len();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let number = word.parse().ok().filter(|number: &f64| number.is_finite());
            return number.map(Expression::Number).ok_or_else(|| format!("`{word}` is no number"));
        }
        if !self.takes('(') {
            return Ok(Expression::Name(word.to_owned()));
        }
        let inner = self.rest();
        let end = closing(inner).ok_or_else(|| format!("the bracket after `{word}` is not closed"))?;
        self.at += end + 1;
        Ok(Expression::Lookup(word.to_owned(), arguments(&inner[..end])?))
    }
}

/// Place of the first closing bracket outside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == ')' && !quoted).then_some(at)
    })
}

/// The parts of a text between signs outside quotes.
pub fn parted_by(text: &str, sign: char) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        c == sign && !quoted
    });
    parts.collect()
}

/// What a lookup is told, parted by commas outside quotes.
pub fn arguments(text: &str) -> Result<Vec<Argument>, String> {
    parted_by(text, ',').into_iter().map(argument).collect()
}

fn argument(text: &str) -> Result<Argument, String> {
    let text = text.trim();
    let unquoted = |text: &str| text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned);
    if text.is_empty() {
        return Err("something is missing between commas or brackets".to_owned());
    }
    if let Some(word) = unquoted(text) {
        return Ok(Argument::Word(word));
    }
    let Some((at, sign, relation)) = text.char_indices().find_map(|(at, _)| {
        let (sign, relation) = Relation::SIGNS.into_iter().find(|(sign, _)| text[at..].starts_with(sign))?;
        Some((at, sign, relation))
    }) else {
        return Ok(Argument::Word(text.to_owned()));
    };
    let (column, than) = (text[..at].trim().to_owned(), text[at + sign.len()..].trim());
    if column.is_empty() || than.is_empty() {
        return Err(format!("`{text}` has nothing on one side"));
    }
    if let Some(than) = unquoted(than) {
        return Ok(Argument::Condition(Condition { column, relation, than, factor: 1.0 }));
    }
    let (factor, than) = match than.split_once('*').filter(|_| relation != Relation::Equal) {
        None => (1.0, than),
        Some((factor, than)) => {
            (factor.trim().parse().map_err(|_| format!("`{}` is no number", factor.trim()))?, than.trim())
        }
    };
    Ok(Argument::Condition(Condition { column, relation, than: than.to_owned(), factor }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked_out(expression: &Expression) -> f64 {
        match expression {
            Expression::Number(number) => *number,
            Expression::Binary(a, operator, b) => {
                let (a, b) = (worked_out(a), worked_out(b));
                match operator {
                    Operator::Add => a + b,
                    Operator::Subtract => a - b,
                    Operator::Multiply => a * b,
                    Operator::Divide => a / b,
                }
            }
            Expression::Name(_) | Expression::Lookup(..) => f64::NAN,
        }
    }

    #[test]
    fn products_bind_before_sums_and_from_the_left() {
        for (text, value) in [
            ("1 + 2 * 3", 7.0),
            ("8 / 2 / 2", 2.0),
            ("7 - 2 - 1", 4.0),
            ("-(1 + 2) * 2", -6.0),
            ("2 * -3", -6.0),
            ("1e3", 1000.0),
        ] {
            assert_eq!(worked_out(&expression(text).unwrap()), value, "{text}");
        }
    }

    #[test]
    fn lookups_take_names_and_conditions() {
        let text = r#"rank(answer, diversion, gainer = "7 Series (740i)", model="LS 400", price <= 0.9 * list)"#;
        let Expression::Lookup(name, found) = expression(text).unwrap() else { panic!() };
        let condition = |column: &str, relation, than: &str, factor| {
            Argument::Condition(Condition { column: column.into(), relation, than: than.into(), factor })
        };
        assert_eq!(name, "rank");
        assert_eq!(
            found,
            [
                Argument::Word("answer".into()),
                Argument::Word("diversion".into()),
                condition("gainer", Relation::Equal, "7 Series (740i)", 1.0),
                condition("model", Relation::Equal, "LS 400", 1.0),
                condition("price", Relation::AtMost, "list", 0.9),
            ]
        );
        assert_eq!(arguments("without-europe").unwrap(), [Argument::Word("without-europe".into())]);
    }

    #[test]
    fn what_is_none_is_refused_with_the_reason() {
        for (text, reason) in [
            ("1 +", "a number is missing at the end"),
            ("(1", "a bracket is not closed"),
            ("change(a", "the bracket after `change` is not closed"),
            ("1 2", "`2` is too much"),
            ("1..2", "`1..2` is no number"),
            ("change(a,,b)", "something is missing between commas or brackets"),
        ] {
            assert_eq!(expression(text).unwrap_err(), reason, "{text}");
        }
        assert!(expression(&"(".repeat(100_000)).unwrap_err().contains("deeper"));
        assert!(expression(&"-".repeat(100_000)).unwrap_err().contains("deeper"));
    }

    #[test]
    fn comparisons_have_one_sign() {
        assert!(comparison("1 + 2").unwrap().is_none());
        let (a, relation, b) = comparison("change(x, y, z) >= 2 * 3").unwrap().unwrap();
        assert!(matches!(a, Expression::Lookup(..)) && relation == Relation::AtLeast && worked_out(&b) == 6.0);
    }
}
