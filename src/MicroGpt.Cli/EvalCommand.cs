using System.CommandLine;
using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>microgpt eval: how well a model does on a file, beside what counting can do.</summary>
sealed class EvalCommand : Verb
{
    readonly Argument<string?> model, file;
    readonly WordOption<DocumentUnit> documents;

    public EvalCommand() : base(
        "eval", "Says how well a model does on a file, and how well counting does.", "MODEL FILE",
        "microgpt eval towns.safetensors new-towns.txt",
        "microgpt eval names.safetensors data/names.txt")
    {
        model = ModelArgument(this);
        file = AddTo(this, new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne });
        documents = Add(DocumentsOption());
    }

    /// <summary>The documents, all of whose characters the model knows.</summary>
    static Corpus Known(Corpus corpus, Gpt gpt, string path)
    {
        foreach (var (i, document) in corpus.Index())
        {
            try
            {
                gpt.Tokenizer.Encode(document);
            }
            catch (ArgumentException)
            {
                throw new InvalidDataException($"{path}: document {i + 1}: {Say.Unknown(gpt, document)}");
            }
        }
        return corpus;
    }

    protected override int Run(ParseResult parsed)
    {
        var (modelPath, path) = (parsed.GetValue(model), parsed.GetValue(file));
        if (path is null or "")
        {
            throw new UsageException("MODEL and FILE are needed: a model, and a text file to try it on");
        }
        var gpt = Load(modelPath);
        var unit = documents.Of(parsed);
        var corpus = Known(InputFile.ReadText(path, unit, gpt.Config.BlockSize), gpt, path);
        var evaluation = gpt.Evaluate(corpus);
        var baselines = new Baselines(corpus, gpt);
        Console.Out.WriteLine($"{Say.Count(evaluation.Documents, "document")}, "
            + $"{evaluation.Predictions:N0} characters to predict"
            + (unit == DocumentUnit.Chunk ? "" : ", the ends of documents included"));
        if (evaluation.TruncatedDocuments > 0 && unit != DocumentUnit.Chunk) // a chunk goes on anyway
        {
            Console.Out.WriteLine($"{Say.Count(evaluation.TruncatedDocuments, "document")} of "
                + $"{gpt.Config.BlockSize} characters or more, all that the model can see, without what follows");
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

    static void Line(string what, double loss) => Console.Out.WriteLine($"{what,-16}  {Say.Number(loss, 4, 6)}  "
        + $"{Say.Number(loss / Math.Log(2), 4, 9)}  {Say.Number(Math.Exp(loss), 2, 10)}");
}
