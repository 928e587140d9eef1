using System.CommandLine;
using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>microgpt info: shows the contents of a model file.</summary>
sealed class InfoCommand : Verb
{
    readonly Argument<string?> model;

    public InfoCommand() : base(
        "info", "Shows a model's shape, its training, and its parameters.", "MODEL",
        "microgpt info towns.safetensors",
        "microgpt info towns.safetensors | grep wte")
    {
        model = ModelArgument(this);
    }

    // The options that have no line of their own and differ from the defaults.
    static IEnumerable<string> Special(TrainingOptions options) =>
        from option in TrainingOption.All
        where option.Name is not (nameof(options.Steps) or nameof(options.NLayer) or nameof(options.NEmbd)
            or nameof(options.NHead) or nameof(options.BlockSize) or nameof(options.LearningRate)
            or nameof(options.BatchSize) or nameof(options.Seed))
        let value = option.Of(options)
        where value != option.Standard
        select $", {option.Flag.TrimStart('-')} {value}";

    static string Documents(TextReading reading) => reading.Unit switch
    {
        DocumentUnit.Line => "lines",
        DocumentUnit.Paragraph => "paragraphs",
        _ => $"chunks of {reading.ChunkLength} characters",
    } + (reading.ValidationFraction > 0
        ? string.Create(CultureInfo.InvariantCulture, $", {reading.ValidationFraction} of them held out") : "");

    protected override int Run(ParseResult parsed)
    {
        var gpt = Load(parsed.GetValue(model));
        var (config, provenance) = (gpt.Config, gpt.Provenance);
        var options = provenance.Options;
        Line("layers", $"{config.NLayer}");
        Line("width", $"{config.NEmbd} (n-embd)");
        Line("heads", $"{config.NHead}, {config.HeadDim} wide");
        Line("context", $"{config.BlockSize} (block-size)");
        Line("parameters", $"{config.ParameterCount:N0}");
        Line("vocabulary", $"{config.VocabSize}: {Wording.Characters(gpt.Tokenizer)} and BOS"
            + (gpt.Tokenizer.Characters.Contains(' ') ? " (␣: space)" : ""));
        Line("trained", $"{provenance.Steps} of {options.Steps} steps, learning rate {options.LearningRate}, "
            + $"batch size {options.BatchSize}, seed {options.Seed}" + string.Concat(Special(options)));
        if (provenance.StartSha256 != null)
        {
            Line("start", $"a model whose parameters have the SHA-256 {provenance.StartSha256}");
        }
        Line("documents", Documents(provenance.Reading));
        Line("data sha256", provenance.CorpusSha256);
        Line("made by", "microgpt " + StandardOutput.Safe(provenance.LibraryVersion));
        Console.Out.WriteLine();
        Console.Out.WriteLine($"{"tensor",-20} {"shape",-14} {"mean",10} {"std",10} {"min",10} {"max",10}");
        foreach (var tensor in gpt.Parameters.Tensors)
        {
            var (mean, std, min, max) = Figures(gpt.Parameters[tensor.Name]);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{tensor.Name,-20} {$"[{tensor.Rows}, {tensor.Columns}]",-14}"
                + $" {mean,10:G4} {std,10:G4} {min,10:G4} {max,10:G4}"));
        }
        return 0;
    }

    static void Line(string what, string value) => Console.Out.WriteLine($"{what,-11} {value}");

    // Scaled by the largest number, if squares would overflow.
    static (double Mean, double Std, double Min, double Max) Figures(ReadOnlySpan<double> values)
    {
        double min = values[0], max = values[0], sum = 0, squares = 0;
        foreach (var value in values)
        {
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }
        var unit = Math.Max(max, -min) is > 1e100 and var large ? large : 1;
        foreach (var value in values)
        {
            sum += value / unit;
        }
        var mean = sum / values.Length;
        foreach (var value in values)
        {
            squares += (value / unit - mean) * (value / unit - mean);
        }
        return (mean * unit, Math.Sqrt(squares / values.Length) * unit, min, max);
    }
}
