using System.CommandLine;
using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>microgpt eval: compares a model's predictions of a file with character counts.</summary>
sealed class EvalCommand : Verb
{
    readonly Argument<string?> model, file;
    readonly WordOption<DocumentUnit> documents;

    public EvalCommand() : base(
        "eval", "Measures how well a model predicts a file, compared with counting.", "MODEL FILE",
        "microgpt eval towns.safetensors new-towns.txt",
        "microgpt eval names.safetensors data/names.txt")
    {
        model = ModelArgument(this);
        file = AddTo(this, new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne });
        documents = Add(DocumentsOption("lines, paragraphs, chunks (as in training)", hasStandard: false));
    }

    protected override int Run(ParseResult parsed)
    {
        var (modelPath, path) = (parsed.GetValue(model), parsed.GetValue(file));
        if (modelPath is not null && path is null or "")
        {
            throw new UsageException($"FILE is {(path == null ? "missing" : "empty")}: a text file to evaluate on");
        }
        var gpt = Load(modelPath);
        var corpus = InputFile.ReadTextFor(gpt, path!, documents.Given(parsed));
        var evaluation = Evaluate(gpt, modelPath!, corpus, InputFile.NameOf(path!));
        var baselines = new Baselines(corpus, gpt.Config);
        var isChunks = corpus.Reading.Unit == DocumentUnit.Chunk;
        Console.Out.WriteLine($"{Wording.Count(evaluation.Documents, "document")}, "
            + $"{evaluation.Predictions:N0} characters to predict"
            + (isChunks ? "" : ", the ends of documents included"));
        if (evaluation.TruncatedDocuments > 0 && !isChunks) // the text of a chunk continues anyway
        {
            Console.Out.WriteLine($"{Wording.Count(evaluation.TruncatedDocuments, "document")} too long for the context: "
                + $"only the first {gpt.Config.BlockSize} characters count");
        }
        Console.Out.WriteLine();
        Console.Out.WriteLine("                    loss  bits/char  perplexity");
        Line("model", evaluation.Loss);
        Line("bigram counts", baselines.Bigram);
        Line("letter frequency", baselines.Unigram);
        Line("uniform", baselines.Uniform);
        Console.Out.WriteLine();
        Console.Out.WriteLine($"The model is {Verdict((baselines.Bigram - evaluation.Loss) / Math.Log(2))} bigrams "
            + "counted on this file.");
        return 0;
    }

    static Evaluation Evaluate(Gpt gpt, string modelPath, Corpus corpus, string name)
    {
        try
        {
            return gpt.Evaluate(corpus);
        }
        catch (UnknownCharacterException e)
        {
            var document = corpus.Index().First(pair => pair.Item == e.Text).Index;
            throw new InvalidDataException($"{name}: {corpus.PlaceOf(document, e.Position)}: {Wording.Unknown(gpt, e)}");
        }
        catch (InvalidOperationException e) // probabilities that are not numbers
        {
            throw new InvalidDataException($"{modelPath}: {e.Message}");
        }
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
