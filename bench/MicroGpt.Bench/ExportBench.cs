using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace MicroGpt.Bench;

/// <summary>Exported files: their sizes, and what rounding costs on names that the model has not seen.</summary>
static class ExportBench
{
    public static void Print()
    {
        var (train, validation) = DefaultRun.Corpus.Split(0.1, seed: 1);
        var tokenizer = new Tokenizer(DefaultRun.Corpus);
        var large = new TrainingOptions
        {
            Steps = 2000,
            NEmbd = 64,
            BatchSize = 16,
            LearningRate = 0.003,
            Precision = Precision.Float32,
        };
        Console.WriteLine("| parameters | numbers | C#, bytes | JavaScript, bytes | compressed "
            + "| loss | before rounding |");
        Console.WriteLine("|--:|---|--:|--:|--:|--:|--:|");
        foreach (var options in (TrainingOptions[])[new() { Steps = 20_000 }, large])
        {
            var trainer = new Trainer(train, options, tokenizer);
            _ = trainer.Run().Count();
            var gpt = trainer.Snapshot();
            var before = gpt.Evaluate(validation).Loss;
            foreach (var (word, numbers) in
                (ReadOnlySpan<(string, ExportNumbers)>)[("i8", ExportNumbers.Int8), ("f16", ExportNumbers.Float16),
                    ("f32", ExportNumbers.Float32)])
            {
                var (source, module) = (gpt.Export("Names.cs", numbers), gpt.Export("names.js", numbers));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {gpt.Config.ParameterCount:N0} | `{word}` | {Bytes(source):N0} | {Bytes(module):N0} "
                    + $"| {Compressed(module):N0} | {source.Rounded.Evaluate(validation).Loss:F5} | {before:F5} |"));
            }
        }
    }

    static int Bytes(ModelSource source) => Encoding.UTF8.GetByteCount(source.Text);

    // As a web server sends it.
    static long Compressed(ModelSource source)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(source.Text));
        }
        return bytes.Length;
    }
}
