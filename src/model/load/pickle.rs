//! The opcodes of a pickle that files of tensors need, in a reader that runs nothing and cannot recurse.
//!
//! What a pickle builds lies in one list of nodes that refer to each other by number, so that nesting costs no stack and
//! sharing no copies. Calls are noted, never made. Every opcode adds at most one node, and the numbers of nodes, of places
//! on the stack and of bytes are bounded.
//!
//! Source: Python's `pickletools`, protocols 0 to 5, <https://docs.python.org/3/library/pickletools.html>.

/// Number of a node.
pub(in crate::model) type Id = usize;

/// A value in a pickle.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::model) enum Node {
    None,
    Bool(bool),
    Int(i64),
    /// Floats, bytes and sets: nothing that tensors need to be told apart.
    Opaque,
    Text(String),
    /// Module and name.
    Global(String, String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// What a file keeps beside the pickle, by what names it.
    Persistent(Id),
    /// A call that was not made: callable and arguments.
    Call(Id, Id),
}

/// A pickle that was read.
#[derive(Debug)]
pub(in crate::model) struct Pickle {
    nodes: Vec<Node>,
    root: Id,
}

/// Why a pickle was refused. The caller adds the file's name.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The end came too early.
    #[error("the pickle is cut at byte {at}")]
    Cut {
        /// Where.
        at: usize,
    },
    /// An opcode that tensors do not need.
    #[error("the pickle has an opcode 0x{opcode:02x} at byte {at}, which files of tensors do not need")]
    Opcode {
        /// The opcode.
        opcode: u8,
        /// Where.
        at: usize,
    },
    /// An opcode whose operands are not there.
    #[error("the pickle is damaged at byte {at}: expected {expected}")]
    Operand {
        /// What the opcode needs.
        expected: &'static str,
        /// Where.
        at: usize,
    },
    /// More than any file of tensors has.
    #[error("the pickle makes more than {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The most we read.
        limit: usize,
    },
}

/// A checkpoint with 1,000 tensors makes some 20,000 nodes.
const MOST_NODES: usize = 1 << 20;
const MOST_ON_STACK: usize = 1 << 20;

impl Pickle {
    /// Reads up to the end mark.
    pub(in crate::model) fn parse(bytes: &[u8]) -> Result<Self, PickleError> {
        let mut machine = Machine {
            bytes,
            at: 0,
            opcode_at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
        };
        loop {
            machine.opcode_at = machine.at;
            let [opcode] = machine.take()?;
            if opcode == b'.' {
                let root = machine.pop()?;
                return Ok(Self { nodes: machine.nodes, root });
            }
            machine.step(opcode)?;
        }
    }

    /// The value that the pickle stands for.
    pub(in crate::model) fn root(&self) -> &Node {
        self.node(self.root)
    }

    pub(in crate::model) fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::None)
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    opcode_at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
}

impl<'a> Machine<'a> {
    fn step(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            // PROTO and FRAME say what we need not know.
            0x80 => self.take::<1>().map(drop),
            0x95 => self.take::<8>().map(drop),
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'J' | b'K' | b'M' | 0x8a | b'I' | b'L' => self.int(opcode),
            b'G' => self.take::<8>().and_then(|_| self.push(Node::Opaque)),
            b'F' => self.line().and_then(|_| self.push(Node::Opaque)),
            b'X' | 0x8c | 0x8d | b'V' | b'U' | b'T' | b'B' | b'C' | 0x8e => self.text(opcode),
            b'c' | 0x93 => self.global(opcode),
            b'(' => self.mark(),
            b'0' => self.pop().map(drop),
            b'1' => self.since_mark().map(drop),
            b'2' => {
                let top = self.peek()?;
                self.push_id(top)
            }
            b')' => self.push(Node::Tuple(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            0x8f => self.push(Node::Opaque),
            b't' | b'l' | b'd' | 0x85..=0x87 => self.collect(opcode),
            b'a' | b'e' | b's' | b'u' | 0x90 => self.fill(opcode),
            b'q' | b'r' | b'p' | 0x94 => self.remember(opcode),
            b'h' | b'j' | b'g' => self.recall(opcode),
            b'Q' => {
                let id = self.pop()?;
                self.push(Node::Persistent(id))
            }
            b'R' | 0x81 | b'b' => self.call(opcode),
            _ => Err(PickleError::Opcode { opcode, at: self.opcode_at }),
        }
    }

    fn int(&mut self, opcode: u8) -> Result<(), PickleError> {
        let value = match opcode {
            b'J' => i64::from(i32::from_le_bytes(self.take()?)),
            b'K' => i64::from(u8::from_le_bytes(self.take()?)),
            b'M' => i64::from(u16::from_le_bytes(self.take()?)),
            0x8a => {
                let [length] = self.take()?;
                let bytes = self.slice(usize::from(length))?;
                let fill = if bytes.last().is_some_and(|&last| last >= 0x80) { 0xff } else { 0 };
                let mut whole = [fill; 8];
                let low = bytes.len().min(8);
                whole[..low].copy_from_slice(&bytes[..low]);
                if bytes[low..].iter().any(|&byte| byte != fill) {
                    return Err(self.expected("a number of at most 64 bits"));
                }
                i64::from_le_bytes(whole)
            }
            _ => match self.line()? {
                "00" => return self.push(Node::Bool(false)),
                "01" => return self.push(Node::Bool(true)),
                text => {
                    let number = text.trim_end_matches('L').parse().ok();
                    number.ok_or_else(|| self.expected("a whole number"))?
                }
            },
        };
        self.push(Node::Int(value))
    }

    fn text(&mut self, opcode: u8) -> Result<(), PickleError> {
        let length = match opcode {
            b'V' => {
                let text = self.line()?.to_owned();
                return self.push(Node::Text(text));
            }
            0x8c | b'U' | b'C' => u64::from(u8::from_le_bytes(self.take()?)),
            b'X' | b'T' | b'B' => u64::from(u32::from_le_bytes(self.take()?)),
            _ => u64::from_le_bytes(self.take()?),
        };
        let bytes = self.slice(usize::try_from(length).unwrap_or(usize::MAX))?;
        if matches!(opcode, b'B' | b'C' | 0x8e) {
            return self.push(Node::Opaque);
        }
        let text = std::str::from_utf8(bytes).ok().ok_or_else(|| self.expected("text in UTF-8"))?.to_owned();
        self.push(Node::Text(text))
    }

    fn global(&mut self, opcode: u8) -> Result<(), PickleError> {
        let (module, name) = if opcode == b'c' {
            (self.line()?.to_owned(), self.line()?.to_owned())
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            match (self.nodes.get(module), self.nodes.get(name)) {
                (Some(Node::Text(module)), Some(Node::Text(name))) => (module.clone(), name.clone()),
                _ => return Err(self.expected("a module and a name")),
            }
        };
        self.push(Node::Global(module, name))
    }

    /// Tuples, lists and dictionaries from the stack.
    fn collect(&mut self, opcode: u8) -> Result<(), PickleError> {
        let items = match opcode {
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let floor = self.marks.last().copied().unwrap_or(0);
                let start = self.stack.len().checked_sub(count).filter(|&start| start >= floor);
                let start = start.ok_or_else(|| self.expected("the items of a tuple"))?;
                self.stack.split_off(start)
            }
            _ => self.since_mark()?,
        };
        match opcode {
            b'l' => self.push(Node::List(items)),
            b'd' => {
                let pairs = self.pairs(&items)?;
                self.push(Node::Dict(pairs))
            }
            _ => self.push(Node::Tuple(items)),
        }
    }

    /// Items from the stack into the list or dictionary below them.
    fn fill(&mut self, opcode: u8) -> Result<(), PickleError> {
        let items = match opcode {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.since_mark()?,
        };
        let target = self.peek()?;
        let pairs = if matches!(opcode, b's' | b'u') { self.pairs(&items)? } else { Vec::new() };
        match (self.nodes.get_mut(target), opcode) {
            (Some(Node::Dict(all)), b's' | b'u') => all.extend(pairs),
            (Some(Node::List(all)), b'a' | b'e') => all.extend(items),
            // Sets, and objects that take items as they like.
            (Some(Node::Opaque | Node::Call(..)), _) => {}
            _ => return Err(self.expected("a list or a dictionary to fill")),
        }
        Ok(())
    }

    fn pairs(&self, items: &[Id]) -> Result<Vec<(Id, Id)>, PickleError> {
        let (pairs, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.expected("a value for each key"));
        }
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    }

    /// Notes a call. An ordered dictionary is a dictionary, and the state that an object is given is of no use.
    fn call(&mut self, opcode: u8) -> Result<(), PickleError> {
        let arguments = self.pop()?;
        if opcode == b'b' {
            return self.peek().map(drop);
        }
        let callable = self.pop()?;
        let is_dict = matches!(self.nodes.get(callable),
            Some(Node::Global(module, name)) if module == "collections" && name == "OrderedDict");
        self.push(if is_dict { Node::Dict(Vec::new()) } else { Node::Call(callable, arguments) })
    }

    fn remember(&mut self, opcode: u8) -> Result<(), PickleError> {
        let number = if opcode == 0x94 { self.memo.len() } else { self.memo_number(opcode)? };
        if number >= MOST_NODES {
            return Err(PickleError::TooMuch { what: "remembered values", limit: MOST_NODES });
        }
        let top = self.peek()?;
        if number >= self.memo.len() {
            self.memo.resize(number + 1, None);
        }
        self.memo[number] = Some(top);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<(), PickleError> {
        let number = self.memo_number(opcode)?;
        let found = self.memo.get(number).copied().flatten();
        let id = found.ok_or_else(|| self.expected("a value that was remembered"))?;
        self.push_id(id)
    }

    fn memo_number(&mut self, opcode: u8) -> Result<usize, PickleError> {
        match opcode {
            b'q' | b'h' => Ok(usize::from(u8::from_le_bytes(self.take()?))),
            b'r' | b'j' => Ok(usize::try_from(u32::from_le_bytes(self.take()?)).unwrap_or(usize::MAX)),
            _ => self.line()?.parse().ok().ok_or_else(|| self.expected("a number")),
        }
    }

    fn mark(&mut self) -> Result<(), PickleError> {
        if self.marks.len() >= MOST_ON_STACK {
            return Err(PickleError::TooMuch { what: "open marks", limit: MOST_ON_STACK });
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| self.expected("a mark"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn push(&mut self, node: Node) -> Result<(), PickleError> {
        if self.nodes.len() >= MOST_NODES {
            return Err(PickleError::TooMuch { what: "values", limit: MOST_NODES });
        }
        self.nodes.push(node);
        self.push_id(self.nodes.len() - 1)
    }

    fn push_id(&mut self, id: Id) -> Result<(), PickleError> {
        if self.stack.len() >= MOST_ON_STACK {
            return Err(PickleError::TooMuch { what: "values on its stack", limit: MOST_ON_STACK });
        }
        self.stack.push(id);
        Ok(())
    }

    /// The top of the stack, not beyond the last mark.
    fn pop(&mut self) -> Result<Id, PickleError> {
        let id = self.peek()?;
        self.stack.pop();
        Ok(id)
    }

    fn peek(&self) -> Result<Id, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack.get(floor..).and_then(<[Id]>::last).copied().ok_or_else(|| self.expected("a value on the stack"))
    }

    fn expected(&self, expected: &'static str) -> PickleError {
        PickleError::Operand { expected, at: self.opcode_at }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let found = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk).copied();
        self.at += N;
        found.ok_or(PickleError::Cut { at: self.bytes.len() })
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.get(..length).ok_or(PickleError::Cut { at: self.bytes.len() })?;
        self.at += length;
        Ok(found)
    }

    fn line(&mut self) -> Result<&'a str, PickleError> {
        const LONGEST: usize = 4096;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let cut = PickleError::Cut { at: self.bytes.len() };
        let length = rest.iter().take(LONGEST).position(|&byte| byte == b'\n').ok_or(cut)?;
        let line = std::str::from_utf8(&rest[..length]).ok().ok_or_else(|| self.expected("a line in UTF-8"))?;
        self.at += length + 1;
        Ok(line)
    }
}
