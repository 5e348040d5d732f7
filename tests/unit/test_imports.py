"""What import-linter cannot say: what several tests need is in tests/fixtures, not in a test."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]


def imported_modules(source: str) -> list[str]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                modules += [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(module)):
                modules += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return modules


def test_no_module_imports_a_test_module() -> None:
    found = [
        f"{path.relative_to(TESTS)} imports {module}"
        for path in sorted(TESTS.rglob("*.py"))
        for module in imported_modules(path.read_text())
        if module.startswith("tests.") and any(p.startswith("test_") for p in module.split("."))
    ]

    assert found == []
