using System.CommandLine;
using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>microgpt eval: compares a model's predictions of a file with character counts.</summary>
sealed class EvalCommand : Verb
{
    readonly Argument<string?> model, file;
    readonly Option<string?> countsFrom;
    readonly WordOption<DocumentUnit> documents;
    readonly WholeOption stride;

    public EvalCommand() : base(
        "eval", "Measures how well a model predicts a file, compared with counting.", "MODEL FILE",
        "microgpt eval towns.safetensors new-towns.txt --counts-from towns.txt",
        "microgpt eval names.safetensors data/names.txt")
    {
        model = ModelArgument(this);
        file = AddTo(this, new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne });
        countsFrom = FileOption("--counts-from", "count the text that the model learned from, not FILE");
        documents = Add(DocumentsOption("lines, paragraphs, chunks (as in training)", hasStandard: false));
        stride = Add(StrideOption("slide along texts, by N characters (chunks: block / 2)"));
    }

    protected override int Run(ParseResult parsed)
    {
        var (modelPath, path, countsPath) =
            (parsed.GetValue(model), parsed.GetValue(file), parsed.GetValue(countsFrom));
        if (modelPath is not null && path is null or "")
        {
            throw new UsageException($"FILE is {(path == null ? "missing" : "empty")}: a text file to evaluate on");
        }
        if ((path, countsPath) is ("-", "-"))
        {
            throw new UsageException("--counts-from -: FILE reads stdin already");
        }
        var gpt = Load(modelPath);
        var corpus = Read(gpt, path!, documents.Given(parsed));
        var counted = countsPath == null ? null : Read(gpt, countsPath, documents.Given(parsed));
        var isRunning = corpus.Reading.Unit == DocumentUnit.Chunk;
        var step = StrideOf(stride, parsed, gpt) ?? (isRunning ? (gpt.Config.BlockSize + 1) / 2 : null);
        var text = corpus.RunningText();
        var evaluation = Evaluate(gpt, modelPath!, text, step);
        Console.Out.WriteLine(isRunning
            ? $"{evaluation.Predictions:N0} characters to predict, "
                + $"in a context of {gpt.Config.BlockSize} that slides by {step}"
            : $"{Wording.Count(evaluation.Documents, "document")}, {evaluation.Predictions:N0} characters to predict, "
                + "the ends of documents included");
        if (evaluation.TruncatedDocuments > 0)
        {
            Console.Out.WriteLine($"{Wording.Count(evaluation.TruncatedDocuments, "document")} too long for the context: "
                + $"only the first {gpt.Config.BlockSize} characters count");
        }
        var longest = step == null ? gpt.Config.BlockSize : int.MaxValue;
        Baseline[] baselines = [.. counted == null
            ? Baselines.CountedOnItself(text, gpt.Tokenizer, longest, hasEnd: !isRunning)
            : Baselines.CountedOn(InputFile.LearnedBy(gpt, counted) ?? counted, gpt.Tokenizer, text, longest)];
        Console.Out.WriteLine();
        Console.Out.WriteLine("                    loss  bits/char  perplexity");
        Line("model", evaluation.Loss);
        Array.ForEach(baselines, baseline => Line(baseline.Name, baseline.Loss));
        Console.Out.WriteLine();
        Console.Out.WriteLine(Conclusion(gpt, corpus, evaluation.Loss, baselines[0], counted, countsPath));
        return 0;
    }

    static Corpus Read(Gpt gpt, string path, DocumentUnit? unit)
    {
        var corpus = InputFile.ReadTextFor(gpt, path, unit);
        InputFile.RequireKnown(gpt, corpus, InputFile.NameOf(path));
        return corpus;
    }

    static Evaluation Evaluate(Gpt gpt, string modelPath, IEnumerable<string> text, int? stride)
    {
        try
        {
            return stride is int step ? gpt.Evaluate(text, step) : gpt.Evaluate(text);
        }
        catch (InvalidOperationException e) // probabilities that are not numbers
        {
            throw new InvalidDataException($"{modelPath}: {e.Message}");
        }
    }

    // Who predicts better, if the comparison says anything.
    static string Conclusion(
        Gpt gpt, Corpus corpus, double loss, Baseline best, Corpus? counted, string? countsPath)
    {
        if (InputFile.LearnedBy(gpt, corpus) is Corpus learned)
        {
            var part = learned == corpus ? "this file" : $"{learned.Count:N0} of these {corpus.Count:N0} documents";
            return $"The model learned from {part}, so this measures what it remembers, not how well it predicts.";
        }
        if (counted?.Sha256 == corpus.Sha256)
        {
            return "The counts are of this file itself, so this compares the model with what they remember.";
        }
        var bits = (best.Loss - loss) / Math.Log(2);
        var counts = Wording.NGrams(best.Order);
        return counted == null
            ? "The counts have seen the text that they predict; --counts-from counts another one.\n"
                + $"The model is {Verdict(bits)} {counts} counted on this file."
            : $"The model is {Verdict(bits)} {counts} counted on {InputFile.NameOf(countsPath!)}.";
    }

    static string Verdict(double bits)
    {
        var difference = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(bits):F3} bits/char");
        return Math.Round(bits, 3) switch
        {
            > 0 => $"{difference} better than",
            < 0 => $"{difference} worse than",
            _ => "as good as",
        };
    }

    static void Line(string what, double loss) => Console.Out.WriteLine($"{what,-16}  {Wording.Number(loss, 4, 6)}  "
        + $"{Wording.Number(loss / Math.Log(2), 4, 9)}  {Wording.Number(Math.Exp(loss), 2, 10)}");
}
