//! From a text to a checked expression.

use std::fmt;
use std::ops::Range;

use syn::BinOp;
use syn::Expr;
use syn::Lit;
use syn::UnOp;
use syn::spanned::Spanned as _;

use crate::pruning::error::nearest;
use crate::pruning::formula::Function;
use crate::pruning::formula::Vector;
use crate::tensor::EvidenceSet;

/// A score as written, and what it computes. Two formulas are equal if their texts are.
#[derive(Clone, Debug)]
pub struct Formula {
    text: String,
    pub(super) root: Node,
}

impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What is wrong with a formula, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.told())]
pub struct Mistake {
    /// The formula as written.
    pub text: String,
    /// Characters at fault, counted from 0; empty at the end of a formula that is not finished.
    pub at: Range<usize>,
    /// What is wrong and what would be right.
    pub what: String,
}

impl Mistake {
    fn told(&self) -> String {
        let found: String = self.text.chars().skip(self.at.start).take(self.at.len()).collect();
        let place = if found.is_empty() { String::new() } else { format!(" at {found:?}") };
        format!("{}{place} (character {} of the formula)", self.what, self.at.start + 1)
    }

    /// A line that marks the characters at fault when it stands below the formula.
    #[must_use]
    pub fn carets(&self) -> String {
        format!("{}{}", " ".repeat(self.at.start), "^".repeat(self.at.len().max(1)))
    }
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Number(f64),
    Vector(Vector),
    Negate(Box<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
    Call(Function, Vec<Self>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Longest formula in characters, and deepest nesting: `syn` calls itself for every level.
const LONGEST: usize = 1000;
const DEEPEST: usize = 48;
/// What may stand in a formula beside letters, digits and blanks.
const SIGNS: &str = "_.,+-*/()";

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// [`Mistake`]: the first thing that is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let text = text.trim();
        let reader = Reader { text };
        reader.check_characters()?;
        let expression: Expr = syn::parse_str(text).map_err(|error| reader.syntax(&error))?;
        Ok(Self { text: text.to_owned(), root: reader.node(&expression)? })
    }

    /// As written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Operations a token.
    pub(in crate::pruning) fn operations(&self) -> usize {
        self.root.operations()
    }

    /// The vectors that it names, each once, in the order of [`Vector::ALL`].
    #[must_use]
    pub fn vectors(&self) -> Vec<Vector> {
        Vector::ALL.into_iter().filter(|&vector| self.root.names(vector)).collect()
    }

    /// The evidence that it needs: that of the vectors it names, and no other.
    #[must_use]
    pub fn needs(&self) -> EvidenceSet {
        self.vectors().into_iter().fold(EvidenceSet::NONE, |needs, vector| needs.union(vector.needs()))
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Node {
    fn names(&self, vector: Vector) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Vector(named) => *named == vector,
            Self::Negate(part) => part.names(vector),
            Self::Binary(_, left, right) => left.names(vector) || right.names(vector),
            Self::Call(_, arguments) => arguments.iter().any(|argument| argument.names(vector)),
        }
    }

    fn operations(&self) -> usize {
        match self {
            Self::Number(_) | Self::Vector(_) => 0,
            Self::Negate(part) => part.operations(),
            Self::Binary(_, left, right) => 1 + left.operations() + right.operations(),
            Self::Call(_, arguments) => arguments.len() + arguments.iter().map(Self::operations).sum::<usize>(),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn mistake(&self, at: Range<usize>, what: impl Into<String>) -> Mistake {
        Mistake { text: self.text.to_owned(), at, what: what.into() }
    }

    /// What no formula holds, before anything else looks at it.
    fn check_characters(&self) -> Result<(), Mistake> {
        let letters: Vec<char> = self.text.chars().collect();
        if letters.is_empty() {
            return Err(self.mistake(0..0, "expected a formula such as column_mean * value_norm"));
        }
        if letters.len() > LONGEST {
            let what = format!("expected at most {LONGEST} characters");
            return Err(self.mistake(LONGEST..letters.len(), what));
        }
        let (mut open, mut signs) = (Vec::new(), 0_usize);
        for (at, &letter) in letters.iter().enumerate() {
            if !letter.is_ascii_alphanumeric() && !SIGNS.contains(letter) && letter != ' ' {
                return Err(self.mistake(at..at + 1, foreign(letter)));
            }
            signs = if matches!(letter, '+' | '-' | '*' | '/') {
                signs + 1
            } else if letter == ' ' {
                signs
            } else {
                0
            };
            let next = letters.get(at + 1);
            if letter == '/' && matches!(next, Some('/' | '*')) {
                return Err(self.mistake(at + 1..at + 2, "expected a number, a name or ("));
            }
            if letter == '*' && next == Some(&'*') {
                return Err(self.mistake(at..at + 2, "a power is written pow(x, y)"));
            }
            match letter {
                '(' => open.push(at),
                ')' if open.pop().is_none() => return Err(self.mistake(at..at + 1, "no ( belongs to this )")),
                _ => {}
            }
            if open.len() > DEEPEST || signs > DEEPEST {
                return Err(self.mistake(at..at + 1, format!("expected at most {DEEPEST} levels of nesting")));
            }
        }
        match open.pop() {
            Some(at) => Err(self.mistake(at..at + 1, "no ) closes this (")),
            None => Ok(()),
        }
    }

    fn syntax(&self, error: &syn::Error) -> Mistake {
        let at = self.range(error.span());
        let length = self.text.chars().count();
        let rest: String = self.text.chars().skip(at.start).collect();
        if at.start >= length || error.to_string().starts_with("unexpected end of input") {
            // `syn` points at the group that ends too early; what is missing is missing before its end.
            return self.unfinished(at.start.min(length));
        }
        if rest.starts_with('.') {
            return self
                .mistake(at.start..at.start + 1, "a number begins with a digit, as in 0.5; expected a number here");
        }
        let what = match error.to_string().as_str() {
            "unexpected token" => "expected + - * / or the end".to_owned(),
            _ => "expected a number, a name or (".to_owned(),
        };
        self.mistake(at, what)
    }

    /// After an operator or a comma behind which nothing stands.
    fn unfinished(&self, from: usize) -> Mistake {
        let letters: Vec<char> = self.text.chars().collect();
        let what = "expected a number, a name or (";
        let mut at = from;
        // Within a call the place is that of the closing parenthesis.
        while at < letters.len() && letters[at] != ')' {
            at += 1;
        }
        if at < letters.len() {
            self.mistake(at..at + 1, what)
        } else {
            self.mistake(letters.len()..letters.len(), what)
        }
    }

    /// Characters of the text; a formula is one line.
    fn range(&self, span: proc_macro2::Span) -> Range<usize> {
        let length = self.text.chars().count();
        let start = span.start().column.min(length);
        start..span.end().column.clamp(start, length)
    }

    fn node(&self, expression: &Expr) -> Result<Node, Mistake> {
        match expression {
            Expr::Paren(inner) => self.node(&inner.expr),
            Expr::Group(inner) => self.node(&inner.expr),
            Expr::Lit(literal) => self.number(literal),
            Expr::Path(path) => self.vector(path),
            Expr::Unary(unary) => match unary.op {
                UnOp::Neg(_) => Ok(Node::Negate(Box::new(self.node(&unary.expr)?))),
                _ => Err(self.mistake(self.range(unary.op.span()), "expected a number, a name or (")),
            },
            Expr::Binary(binary) => {
                let operator = match binary.op {
                    BinOp::Add(_) => Operator::Add,
                    BinOp::Sub(_) => Operator::Subtract,
                    BinOp::Mul(_) => Operator::Multiply,
                    BinOp::Div(_) => Operator::Divide,
                    _ => return Err(self.mistake(self.range(binary.op.span()), "expected + - * or /")),
                };
                Ok(Node::Binary(operator, Box::new(self.node(&binary.left)?), Box::new(self.node(&binary.right)?)))
            }
            Expr::Call(call) => self.call(call),
            Expr::MethodCall(call) => {
                Err(self.mistake(self.range(call.dot_token.span()), "expected + - * / or the end"))
            }
            Expr::Field(field) => Err(self.mistake(self.range(field.dot_token.span()), "expected + - * / or the end")),
            Expr::Tuple(tuple) => Err(self.tuple(tuple)),
            other => Err(self.mistake(self.range(other.span()), "expected a number, a name, + - * / or a function")),
        }
    }

    fn tuple(&self, tuple: &syn::ExprTuple) -> Mistake {
        let comma = tuple.elems.pairs().find_map(|pair| pair.punct().map(|comma| self.range(comma.span())));
        match comma {
            Some(at) => self.mistake(at, "a comma stands between the arguments of a function alone"),
            None => self.mistake(self.range(tuple.span()), "expected something between ( and )"),
        }
    }

    fn number(&self, literal: &syn::ExprLit) -> Result<Node, Mistake> {
        let at = || self.range(literal.span());
        let (digits, suffix) = match &literal.lit {
            Lit::Int(number) => (number.base10_digits(), number.suffix()),
            Lit::Float(number) => (number.base10_digits(), number.suffix()),
            _ => return Err(self.mistake(at(), "expected a number such as 0.5 or 1e-5")),
        };
        let value: Option<f64> = digits.parse().ok().filter(|value: &f64| value.is_finite() && suffix.is_empty());
        value.map(Node::Number).ok_or_else(|| self.mistake(at(), "expected a number such as 0.5 or 1e-5"))
    }

    fn vector(&self, path: &syn::ExprPath) -> Result<Node, Mistake> {
        let at = self.range(path.span());
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            return Err(self.mistake(at, "expected the name of a vector"));
        };
        if let Some(vector) = Vector::find(&name) {
            return Ok(Node::Vector(vector));
        }
        if let Some(function) = Function::find(&name) {
            return Err(self.mistake(at, format!("{name} is a function and takes arguments: {}", function.usage())));
        }
        let names = || Vector::ALL.into_iter().map(Vector::name);
        let advice = match nearest(&name, names()) {
            Some(nearest) => format!("; did you mean {nearest}?"),
            None => format!("; there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        Err(self.mistake(at, format!("there is no vector {name}{advice}")))
    }

    fn call(&self, call: &syn::ExprCall) -> Result<Node, Mistake> {
        let at = self.range(call.func.span());
        let name = match &*call.func {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let Some(name) = name else {
            return Err(self.mistake(self.range(call.paren_token.span.open()), "expected + - * / or the end"));
        };
        let Some(function) = Function::find(&name) else {
            if Vector::find(&name).is_some() {
                return Err(self.mistake(at, format!("{name} is a vector and takes no arguments; write * to multiply")));
            }
            let names = || Function::ALL.into_iter().map(Function::name);
            let advice = match nearest(&name, names()) {
                Some(nearest) => format!("; did you mean {nearest}?"),
                None => format!("; there are {}", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(self.mistake(at, format!("there is no function {name}{advice}")));
        };
        let given = call.args.len();
        let fits = function.arguments().map_or(given >= 2, |expected| given == expected);
        if !fits {
            return Err(self.mistake(at, format!("expected {}, got {given} arguments", function.usage())));
        }
        let arguments = call.args.iter().map(|argument| self.node(argument)).collect::<Result<_, _>>()?;
        Ok(Node::Call(function, arguments))
    }
}

/// What to say of a character that no formula holds.
fn foreign(letter: char) -> String {
    match letter {
        '^' => "a power is written pow(x, y)".to_owned(),
        '\u{d7}' | '\u{b7}' => "a product is written *".to_owned(),
        '\u{f7}' | ':' => "a quotient is written /".to_owned(),
        '\u{2212}' | '\u{2013}' => "a minus is written -".to_owned(),
        '<' | '>' | '=' | '&' | '|' | '!' => "formulas compare nothing; min, max and is_special may serve".to_owned(),
        _ => "this character has no meaning in a formula".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Evidence;

    #[test]
    fn what_is_wrong_is_marked_where_it_is() {
        // The characters at fault stand between the bars.
        let table = [
            ("column_mean * |valu_norm|", "did you mean value_norm?"),
            ("column_mean |^| 2", "pow(x, y)"),
            ("column_mean |**| 2", "pow(x, y)"),
            ("|colum| + zzz", "there is no vector colum"),
            ("|frobnicate|(n)", "there is no function frobnicate"),
            ("|sqr|(n)", "did you mean sqrt?"),
            ("|min|(n)", "min(x, y"),
            ("|ln|(n, n0)", "expected ln(x), got 2 arguments"),
            ("|ln| + 1", "ln is a function"),
            ("|n|(2)", "n is a vector"),
            ("2 |column_mean|", "expected + - * / or the end"),
            ("(n |;| 2)", "no meaning"),
            ("n + |(|n * 2", "no ) closes"),
            ("n + 2|)|", "no ( belongs"),
            ("n +||", "expected a number, a name or ("),
            ("min(n, n0 *|)|", "expected a number, a name or ("),
            ("n * |/| 2", "expected a number"),
            ("n /|/| 2", "expected a number"),
            ("n * |.|5", "0.5"),
            ("n * |1f32|", "a number such as"),
            ("n * |1e999|", "a number such as"),
            ("(n|,| n0)", "a comma"),
            ("n|.|max(2)", "expected + - * / or the end"),
            ("n |>| 2", "compare nothing"),
            ("|return n|", "expected"),
            ("||", "expected a formula"),
            ("|()|", "between ( and )"),
            ("n \u{b7} 2", ""),
        ];
        for (marked, what) in table {
            let text: String = marked.chars().filter(|letter| *letter != '|').collect();
            let mistake = Formula::parse(&text).expect_err(marked);
            assert!(mistake.to_string().contains(what), "{text}: {mistake}");
            let bars: Vec<usize> = marked.chars().enumerate().filter(|(_, c)| *c == '|').map(|(at, _)| at).collect();
            if let [start, end] = bars[..] {
                assert_eq!(mistake.at, start..end - 1, "{text}: {mistake}");
            }
        }
    }

    #[test]
    fn evidence_is_asked_for_only_where_it_is_named() {
        let needs = |text: &str| Formula::parse(text).unwrap().needs();
        assert_eq!(needs("position + n * layer"), EvidenceSet::NONE, "nothing of attention");
        assert_eq!(needs("-row_entropy"), EvidenceSet::of([Evidence::RowEntropies]), "one kind");
        let two = EvidenceSet::of([Evidence::ColumnSums, Evidence::DiagonalSums]);
        assert_eq!(needs("column_mean * 2 - column_sum/n + zscore(diagonal)"), two, "two kinds, each once");
    }

    #[test]
    fn long_and_deep_formulas_are_refused_before_they_are_read() {
        for text in
            ["(".repeat(400), "-".repeat(400), "n+".repeat(600), format!("{}n{}", "(".repeat(60), ")".repeat(60))]
        {
            assert!(Formula::parse(&text).is_err(), "{} characters", text.len());
        }
        let chain = format!("n{}", "+n".repeat(499));
        assert!(Formula::parse(&chain).is_ok(), "as long as allowed");
    }

    #[test]
    fn carets_stand_below_what_is_wrong() {
        let mistake = Formula::parse("n + nope").unwrap_err();
        assert_eq!(mistake.carets(), "    ^^^^", "four characters from the fifth on");
    }
}
