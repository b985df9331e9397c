/** A rule for the linter: no assertion that turns the check of types off. What needs one says why, beside it. */

interface Assertion {
  readonly expression: { readonly type: string };
  readonly typeAnnotation: { readonly type: string };
}

interface Context {
  report(found: { readonly node: Assertion; readonly message: string }): void;
}

const MESSAGE = "`as never` and `as unknown as` turn the check of types off: declare the type, or test the value";

const noBlindAssertion = {
  create: (context: Context) => ({
    TSAsExpression(node: Assertion): void {
      const isTwice = node.expression.type === "TSAsExpression";
      if (isTwice || node.typeAnnotation.type === "TSNeverKeyword") {
        context.report({ node, message: MESSAGE });
      }
    },
  }),
};

export default { meta: { name: "deskwright" }, rules: { "no-blind-assertion": noBlindAssertion } };
