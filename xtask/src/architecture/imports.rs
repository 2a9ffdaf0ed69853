//! Which top-level modules of the core one file names, by `crate::`, `super::` or inside a macro.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One mention of another top-level module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) line: usize,
}

/// Returns what the file of a module mentions beside the module itself.
pub(super) fn of(module: &str, path: &str, text: &str) -> syn::Result<Vec<Import>> {
    let mut scan = Scan { own: module, depth: depth(path), imports: Vec::new() };
    scan.visit_file(&syn::parse_file(text)?);
    Ok(scan.imports)
}

/// How many modules deep the file is below the crate's root.
fn depth(path: &str) -> usize {
    let inside = path.strip_prefix("core/src/").unwrap_or(path);
    let parts = inside.split('/').count();
    if inside.ends_with("/mod.rs") || inside == "lib.rs" { parts - 1 } else { parts }
}

struct Scan<'a> {
    own: &'a str,
    depth: usize,
    imports: Vec<Import>,
}

impl Scan<'_> {
    fn mention(&mut self, module: String, span: Span) {
        if module != self.own {
            self.imports.push(Import { module, line: span.start().line });
        }
    }

    /// Takes a path's segments as far as they are known; those that leave the module for the crate's root count.
    fn path(&mut self, segments: &[(String, Span)]) {
        let mut depth = self.depth;
        for (name, span) in segments {
            match name.as_str() {
                "crate" => depth = 0,
                "super" => depth = depth.saturating_sub(1),
                "self" => {}
                _ if depth == 0 && segments.first().is_some_and(|(first, _)| is_anchor(first)) => {
                    return self.mention(name.clone(), *span);
                }
                _ => return,
            }
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<(String, Span)>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push((path.ident.to_string(), path.ident.span()));
                self.tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Name(syn::UseName { ident })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push((ident.to_string(), ident.span()));
                self.path(before);
                before.pop();
            }
            syn::UseTree::Glob(glob) => {
                before.push(("*".to_owned(), glob.star_token.spans[0]));
                self.path(before);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, before);
                }
            }
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<(String, Span)> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.path(&std::mem::take(&mut path));
                    }
                    path.push((name.to_string(), name.span()));
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.path(&std::mem::take(&mut path));
                    self.tokens(group.stream());
                    colons = 0;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.path(&std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.path(&path);
    }
}

fn is_anchor(name: &str) -> bool {
    matches!(name, "crate" | "super" | "self")
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, item);
        self.depth -= 1;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> =
            path.segments.iter().map(|part| (part.ident.to_string(), part.ident.span())).collect();
        self.path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        visit::visit_macro(self, item);
        self.tokens(item.tokens.clone());
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}
