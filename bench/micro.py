"""micro: the programs of bench/ that measure one part each; their lines as they print them."""
from measure import OUT, output_of, print_table, program
from batch import sales


def run(options):
    file = next(sales(200_000 if options.quick else 20_000_000).glob("*.parquet"))
    commands = {"json_decode": [], "parquet_read": [str(file), "1", "2", "3"], "aggregate": [], "log_append": [str(OUT / "log_append")]}
    results = {name: output_of(program(f"bench_{name}"), *arguments).split("\n") for name, arguments in commands.items()}
    print_table("micro", ["program", "what it printed"], [[name if i == 0 else "", line] for name, lines in results.items()
                                                            for i, line in enumerate(lines)])
    return {"programs": results}
