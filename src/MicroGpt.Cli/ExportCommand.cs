using System.CommandLine;
using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>microgpt export: writes a model as one source file.</summary>
sealed class ExportCommand : Verb
{
    readonly Argument<string?> model;
    readonly Option<string?> output;
    readonly WordOption<ExportNumbers> numbers;

    public ExportCommand() : base(
        "export", "Writes a model as one source file, C# or JavaScript.", "MODEL --out FILE",
        "microgpt export towns.safetensors --out Towns.cs",
        "microgpt export towns.safetensors --out towns.js --numbers f16")
    {
        model = ModelArgument(this);
        output = FileOption("--out", "the file: Names.cs, or names.js (or .mjs)");
        numbers = Add(new WordOption<ExportNumbers>("--numbers", "i8, f16 or f32: bits of a number; fewer round more",
            ("i8", ExportNumbers.Int8), ("f16", ExportNumbers.Float16), ("f32", ExportNumbers.Float32)));
    }

    protected override int Run(ParseResult parsed)
    {
        var (modelPath, path) = (parsed.GetValue(model), parsed.GetValue(output));
        if (modelPath != null && path == null)
        {
            throw new UsageException("--out is missing: the file to write, such as Names.cs or names.js");
        }
        var (gpt, option) = (Load(modelPath), $"--out {path}");
        OutputFile.RequirePlace(option, path!);
        OutputFile.Write(option, () => ModelSource.VerifyCanSave(path!));
        var source = Export(gpt, path!, modelPath!, numbers.Of(parsed));
        OutputFile.Write(option, () => source.Save(path!));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{gpt.Config.ParameterCount:N0} parameters, {Encoding.UTF8.GetByteCount(source.Text):N0} bytes: {path}"));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"loss {source.Loss:F4}, before rounding {source.LossBefore:F4}, on documents that the model drew itself"));
        return 0;
    }

    static ModelSource Export(Gpt gpt, string path, string modelPath, ExportNumbers numbers)
    {
        try
        {
            return gpt.Export(Path.GetFileName(path), numbers);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--out {path}: {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{modelPath}: {e.Message}");
        }
    }
}
