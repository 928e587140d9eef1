using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace MicroGpt.Cli;

/// <summary>microgpt score: how likely a model holds texts to be.</summary>
sealed class ScoreCommand : Verb
{
    readonly Argument<string?> model;
    readonly Argument<string[]> texts;
    readonly Option<string?> file;
    readonly Option<bool> verbose;

    public ScoreCommand() : base(
        "score", "Says how likely a model holds texts to be, the likeliest first.", "MODEL TEXT... | MODEL --file FILE",
        "microgpt score towns.safetensors Springfield Xqzzrt",
        "microgpt score towns.safetensors --file towns.txt --verbose")
    {
        model = ModelArgument(this);
        texts = AddTo(this, new Argument<string[]>("TEXT") { Arity = ArgumentArity.ZeroOrMore });
        file = FileOption("--file", "a text file: each line is a text");
        verbose = Flag("--verbose", "each character with its probability; red is a surprise");
    }

    protected override int Run(ParseResult parsed)
    {
        var (given, path) = (parsed.GetValue(texts) ?? [], parsed.GetValue(file));
        if ((given.Length > 0) == (path != null))
        {
            throw new UsageException(path == null
                ? "TEXT is missing: what to score, or --file FILE" : "--file: and TEXT are one too many");
        }
        var gpt = Load(parsed.GetValue(model));
        foreach (var text in given)
        {
            SampleCommand.Encode(gpt, text, "TEXT");
        }
        var scores = (path == null ? given : [.. EvalCommand.Known(Corpus.Load(path), gpt, path)])
            .Select(text => (Text: text, Score: gpt.Score(text)))
            .OrderBy(scored => scored.Score.Loss).ToArray();
        var paint = parsed.GetValue(verbose) && StandardOutput.IsTerminal ? AnsiConsole.Console : null;
        Console.Out.WriteLine("   loss  bits/char  perplexity  text");
        foreach (var (text, score) in scores)
        {
            Console.Out.Write(string.Create(CultureInfo.InvariantCulture,
                $"{score.Loss,7:F4}  {score.BitsPerCharacter,9:F4}  {score.Perplexity,10:F2}  "));
            Console.Out.WriteLine(StandardOutput.Safe(text)
                + (score.IsTruncated ? $"   (its first {gpt.Config.BlockSize} characters)" : ""));
            if (parsed.GetValue(verbose))
            {
                Spell(score, paint);
            }
        }
        return 0;
    }

    // Each character and the probability that it had, the end of the document as a dot.
    static void Spell(Score score, IAnsiConsole? paint)
    {
        Console.Out.Write("        ");
        Console.Out.Flush();
        foreach (var (character, probability) in score.Predictions)
        {
            var text = string.Create(CultureInfo.InvariantCulture,
                $"  {StandardOutput.Safe(character?.ToString() ?? "·")} {probability:F2}");
            if (paint == null)
            {
                Console.Out.Write(text);
            }
            else
            {
                paint.Write(new Text(text, new Style(Colour(probability))));
            }
        }
        Console.Out.WriteLine();
    }

    static Color Colour(double probability) => probability switch
    {
        >= 0.3 => Color.Green,
        >= 0.1 => Color.Olive,
        >= 0.03 => Color.Maroon,
        _ => Color.Red,
    };
}
